"""The action types that AWS has beside those that this Penstock can do, as data, by category.

The facts are those of the "Action structure reference" and "Valid input and output artifacts for
each action type" in the AWS CodePipeline user guide, the words are ours.
"""

from pipelines.core.catalogue import build, cloudformation, deploy, invoke, partners

ACTION_TYPES = (
    *build.ACTION_TYPES,
    *deploy.ACTION_TYPES,
    *cloudformation.ACTION_TYPES,
    *invoke.ACTION_TYPES,
    *partners.ACTION_TYPES,
)
