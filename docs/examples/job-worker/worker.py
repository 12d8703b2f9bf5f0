"""A job worker: does the command of an action on this machine, on the files of its input artifact.

    python worker.py create-type    # once
    python worker.py                # takes jobs until Ctrl-C

The folder `output` that the command leaves behind is the output artifact. Exit code 75 means that
it is not done yet: the command runs again in half a minute, with CONTINUATION_TOKEN set.
"""

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import boto3

TYPE = {"category": "Build", "owner": "Custom", "provider": "Workbench", "version": "1"}
EVERY = float(os.environ.get("LOOK_EVERY", "5"))  # seconds between two looks
NOT_DONE_YET = 75  # EX_TEMPFAIL of sysexits.h
STATUS = "x-penstock-action-status"  # a header of Penstock; AWS sends none

log = logging.getLogger("worker")
codepipeline = boto3.client("codepipeline")


class NotWanted(Exception):
    """The action was abandoned, or has ended in another way."""


def create_type():
    counts = {"minimumCount": 0, "maximumCount": 1}
    command = {"name": "Command", "required": True, "key": True, "secret": False}
    codepipeline.create_custom_action_type(
        **{name: value for name, value in TYPE.items() if name != "owner"},
        configurationProperties=[command],
        inputArtifactDetails=counts,
        outputArtifactDetails=counts,
    )


def take_jobs():
    while True:
        jobs = codepipeline.poll_for_jobs(actionTypeId=TYPE)["jobs"]
        for job in jobs:
            take(job)
        if not jobs:
            time.sleep(EVERY)


def take(job):
    """Do one job and report on it, whatever happens."""
    accepted = codepipeline.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
    if accepted["status"] != "InProgress":
        return  # abandoned before we began
    too_late = codepipeline.exceptions.InvalidJobStateException
    try:
        with tempfile.TemporaryDirectory() as folder:
            work(job["id"], Path(folder))
    except (NotWanted, too_late) as news:
        log.info("Job %s: nobody waits for it any more: %s", job["id"], news)
    except Exception as problem:
        log.exception("Job %s failed", job["id"])
        with contextlib.suppress(too_late):
            report_failure(job["id"], str(problem))


def work(job_id, folder):
    data = look(job_id)
    fetch_input(data, folder)
    exit_code, said = run(job_id, data, folder)
    if exit_code == NOT_DONE_YET:
        codepipeline.put_job_success_result(jobId=job_id, continuationToken="again")
    elif exit_code:
        report_failure(job_id, f"The command ended with {exit_code}: {said}")
    else:
        put_output(look(job_id), folder)  # its credentials last an hour, and work may take longer
        details = {"summary": said[-2000:] or "Done"}
        codepipeline.put_job_success_result(jobId=job_id, executionDetails=details)


def look(job_id):
    """The job's data, with new credentials.  Raises NotWanted."""
    answer = codepipeline.get_job_details(jobId=job_id)
    status = answer["ResponseMetadata"]["HTTPHeaders"].get(STATUS, "InProgress")
    if status != "InProgress":
        raise NotWanted(status)
    return answer["jobDetails"]["data"]


def run(job_id, data, folder):
    """The exit code, and the last line that was said; the command ends when nobody wants it."""
    command = data["actionConfiguration"]["configuration"]["Command"]
    environment = {**os.environ, "CONTINUATION_TOKEN": data.get("continuationToken", "")}
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=folder,
            env=environment,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while process.poll() is None:
                look(job_id)
                wait(process)
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)  # and whatever the command has started
            process.wait()
            raise
        said.seek(0)
        return process.returncode, "".join(said.readlines()[-1:]).strip()


def wait(process):
    try:
        process.wait(EVERY)
    except subprocess.TimeoutExpired:
        return


def fetch_input(data, folder):
    for artifact in data["inputArtifacts"]:
        with tempfile.TemporaryFile() as file:
            s3(data).download_fileobj(*place(artifact), file)
            zipfile.ZipFile(file).extractall(folder)


def put_output(data, folder):
    for artifact in data["outputArtifacts"]:
        with tempfile.TemporaryDirectory() as beside:
            made = shutil.make_archive(f"{beside}/output", "zip", folder / "output")
            s3(data).upload_file(made, *place(artifact))


def s3(data):
    """With the credentials that open this job's artifacts, and nothing else."""
    given = data["artifactCredentials"]
    return boto3.client(
        "s3",
        aws_access_key_id=given["accessKeyId"],
        aws_secret_access_key=given["secretAccessKey"],
        aws_session_token=given["sessionToken"],
    )


def place(artifact):
    location = artifact["location"]["s3Location"]
    return location["bucketName"], location["objectKey"]


def report_failure(job_id, message):
    details = {"type": "JobFailed", "message": message[:5000] or "It failed."}
    codepipeline.put_job_failure_result(jobId=job_id, failureDetails=details)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    with contextlib.suppress(KeyboardInterrupt):
        create_type() if sys.argv[1:] == ["create-type"] else take_jobs()
