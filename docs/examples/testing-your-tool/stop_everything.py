"""A tool such as yours: give up whatever a pipeline is doing."""


def stop_everything(codepipeline, pipeline_name, reason):
    """Abandon every execution that is in progress; return their ids."""
    stopped = []
    pages = codepipeline.get_paginator("list_pipeline_executions").paginate(
        pipelineName=pipeline_name
    )
    for page in pages:
        for execution in page["pipelineExecutionSummaries"]:
            if execution["status"] == "InProgress":
                which = execution["pipelineExecutionId"]
                codepipeline.stop_pipeline_execution(
                    pipelineName=pipeline_name,
                    pipelineExecutionId=which,
                    abandon=True,
                    reason=reason,
                )
                stopped.append(which)
    return stopped
