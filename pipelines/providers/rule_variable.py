"""VariableCheck with MATCHES: a regular expression, run where it can be ended.

https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-VariableCheck.html
"""

import json
import subprocess
import sys

from pipelines.core.rules import matched
from pipelines.core.statuses import FailureCode
from pipelines.providers.contract import Failed, Outcome, Succeeded, Work

SECONDS = 10  # an expression that takes longer goes around in circles
# Nothing in this process can end an expression that backtracks for ever, so another runs it.
PROGRAM = """
import json, re, sys
value, pattern = json.load(sys.stdin)
try:
    print(json.dumps(bool(re.fullmatch(pattern, value))))
except (re.error, OverflowError, RecursionError) as problem:
    print(json.dumps(str(problem)))
"""


def perform(work: Work) -> Outcome:
    """Whether the whole value is what the expression describes, as Java's `matches` has it."""
    value, pattern = work.configuration["Variable"], work.configuration["Value"]
    try:
        ran = subprocess.run(
            [sys.executable, "-I", "-c", PROGRAM],
            input=json.dumps([value, pattern]),
            capture_output=True,
            check=True,
            encoding="utf-8",
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return _misconfigured(f"took longer than {SECONDS} seconds: make it simpler")
    answer = json.loads(ran.stdout)
    if isinstance(answer, str):
        return _misconfigured(f"cannot be read: {answer}")
    verdict = matched(value, pattern, succeeds=answer)
    if verdict.succeeds:
        return Succeeded(summary=verdict.sentence)
    return Failed(code=FailureCode.JOB_FAILED, message=verdict.sentence)


def _misconfigured(why: str) -> Failed:
    return Failed(
        code=FailureCode.CONFIGURATION_ERROR, message=f"The regular expression in Value {why}."
    )
