"""Deployments of AWS beside S3 and CloudFormation, and of Alexa."""

from pipelines.core.action_types import ActionType, ActionTypeId, ConfigurationKey
from pipelines.core.catalogue.keys import artifact, needed, number, resource, secret, text

MAX_IMAGES = 4  # of an ECS blue/green deployment


def images() -> dict[str, ConfigurationKey]:
    """Two keys for each image of an ECS blue/green deployment."""
    return {
        key: description
        for image in range(1, MAX_IMAGES + 1)
        for key, description in (
            (
                f"Image{image}ArtifactName",
                artifact("The input artifact with imageDetail.json of this image."),
            ),
            (
                f"Image{image}ContainerName",
                text("What stands for this image in the task definition."),
            ),
        )
    }


CODEDEPLOY_CONFIGURATION = {
    "ApplicationName": resource("The application in CodeDeploy."),
    "DeploymentGroupName": resource("The deployment group of the application."),
}
CONTAINERS = (
    ActionType(
        id=ActionTypeId("Deploy", "AWS", "CodeDeployToECS", "1"),
        label="Amazon ECS (Blue/Green)",
        input_artifacts=range(1, 6),
        output_artifacts=range(1),
        configuration={
            **CODEDEPLOY_CONFIGURATION,
            "TaskDefinitionTemplateArtifact": artifact(
                "The input artifact with the task definition.", required=True
            ),
            "AppSpecTemplateArtifact": artifact(
                "The input artifact with the AppSpec file.", required=True
            ),
            "TaskDefinitionTemplatePath": text("Its file; taskdef.json if left out."),
            "AppSpecTemplatePath": text("Its file; appspec.yaml if left out."),
            **images(),
        },
        timeout_minutes=5 * 24 * 60,
    ),
    ActionType(
        id=ActionTypeId("Deploy", "AWS", "ECS", "1"),
        label="Amazon ECS",
        input_artifacts=range(1, 2),
        output_artifacts=range(1),
        configuration={
            "ClusterName": resource("The cluster."),
            "ServiceName": resource("The service in the cluster."),
            "FileName": text("The file of the images; imagedefinitions.json if left out."),
            "DeploymentTimeout": number("Minutes until the deployment fails, up to 60."),
        },
    ),
    ActionType(
        id=ActionTypeId("Deploy", "AWS", "EKS", "1"),
        label="Amazon EKS",
        input_artifacts=range(1, 2),
        output_artifacts=range(1),
        configuration={
            "ClusterName": resource("The cluster."),
            "HelmReleaseName": text("The release; needed with Helm."),
            "HelmChartLocation": text("The folder of the chart; needed with Helm."),
            "HelmValuesFiles": text("Files of values beside the chart, with commas between."),
            "ManifestFiles": text("Files of manifests; needed with kubectl."),
            "Namespace": text("The namespace in the cluster."),
            "Subnets": text("Subnets of the cluster, with commas between."),
            "SecurityGroupIds": text("Security groups of the cluster, with commas between."),
        },
        output_variables=("EKSClusterName",),
        takes_environment=True,
        needs_v2=True,
    ),
)
SERVERS = (
    ActionType(
        id=ActionTypeId("Deploy", "AWS", "ElasticBeanstalk", "1"),
        label="AWS Elastic Beanstalk",
        input_artifacts=range(1, 2),
        output_artifacts=range(1),
        configuration={
            "ApplicationName": resource("The application in Elastic Beanstalk."),
            "EnvironmentName": resource("The environment of the application."),
        },
    ),
    # Its page says 0 to 1 output artifacts, the table of all action types says none.
    ActionType(
        id=ActionTypeId("Deploy", "AWS", "OpsWorks", "1"),
        label="AWS OpsWorks",
        input_artifacts=range(1, 2),
        output_artifacts=range(1),
        configuration={
            "Stack": resource("The stack in OpsWorks."),
            "App": resource("The app of the stack."),
            "Layer": resource("The layer of the stack.", required=False),
        },
    ),
)
SERVICES = (
    ActionType(
        id=ActionTypeId("Deploy", "AWS", "Lambda", "1"),
        label="AWS Lambda",
        input_artifacts=range(2),
        output_artifacts=range(1),
        configuration={
            "FunctionName": resource("The name of the function."),
            "FunctionAlias": resource("The alias that is moved.", required=False),
            "PublishedTargetVersion": text("The version; needed without an input artifact."),
            "DeployStrategy": text("AllAtOnce, or such as Canary10Percent5Minutes."),
            "Alarms": text("Alarms that undo the deployment, with commas between."),
        },
        output_variables=("FunctionVersion",),
        needs_v2=True,
    ),
    ActionType(
        id=ActionTypeId("Deploy", "AWS", "AppConfig", "1"),
        label="AWS AppConfig",
        input_artifacts=range(1, 2),
        output_artifacts=range(1),
        configuration={
            "Application": resource("The ID of the application in AppConfig."),
            "Environment": resource("The ID of the environment."),
            "ConfigurationProfile": resource("The ID of the configuration profile."),
            "InputArtifactConfigurationPath": needed("The file in the input artifact."),
            "DeploymentStrategy": text("The strategy to deploy with."),
        },
    ),
    ActionType(
        id=ActionTypeId("Deploy", "AWS", "ServiceCatalog", "1"),
        label="AWS Service Catalog",
        input_artifacts=range(1, 2),
        output_artifacts=range(1),
        configuration={
            "ProductId": resource("The product in Service Catalog."),
            "TemplateFilePath": text("The template in the input artifact."),
            "ProductVersionName": text("The version to make; needed with a template."),
            "ProductType": text("The kind of product; needed with a template."),
            "ProductVersionDescription": text("What the version is."),
            "ConfigurationFilePath": text("A file that says all of this, instead of the others."),
        },
    ),
    ActionType(
        id=ActionTypeId("Deploy", "ThirdParty", "AlexaSkillsKit", "1"),
        label="Alexa Skills Kit",
        input_artifacts=range(1, 3),
        output_artifacts=range(1),
        configuration={
            "ClientId": resource("The client ID of the security profile."),
            "ClientSecret": secret("The client secret of the security profile."),
            "RefreshToken": secret("The refresh token that was got with them."),
            "SkillId": resource("The skill to deploy."),
        },
    ),
)
ACTION_TYPES = (*CONTAINERS, *SERVERS, *SERVICES)
