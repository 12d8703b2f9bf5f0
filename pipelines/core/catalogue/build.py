"""Builds and tests of AWS."""

from pipelines.core.action_types import (
    ActionType,
    ActionTypeId,
    Category,
    ConfigurationKey,
    Names,
)
from pipelines.core.catalogue.keys import flag, needed, number, resource, text

CODEBUILD_CONFIGURATION = {
    "ProjectName": resource("The name of the build project in CodeBuild."),
    "PrimarySource": ConfigurationKey(
        description="The input artifact whose buildspec is run; needed with several of them.",
        names=Names.ARTIFACT,
        required_with_several_inputs=True,
    ),
    "EnvironmentVariables": text("A JSON array of objects with name, value and type."),
    "BatchEnabled": flag("Whether the action runs a batch of builds."),
    "CombineArtifacts": flag("Whether the artifacts of a batch become one."),
}


def codebuild(category: Category, *, hours: int) -> ActionType:
    """The same provider builds and tests; only how long it may take differs."""
    return ActionType(
        id=ActionTypeId(category, "AWS", "CodeBuild", "1"),
        label="AWS CodeBuild",
        input_artifacts=range(1, 6),
        output_artifacts=range(6),
        configuration=CODEBUILD_CONFIGURATION,
        timeout_minutes=hours * 60,
    )


CODEBUILD = (codebuild(Category.BUILD, hours=36), codebuild(Category.TEST, hours=8))  # done here

# https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-DeviceFarm.html
# AppiumVersion is said to be required there, and to be ignored; its own example leaves it out.
DEVICE_FARM = ActionType(
    id=ActionTypeId("Test", "AWS", "DeviceFarm", "1"),
    label="AWS Device Farm",
    input_artifacts=range(1, 2),
    output_artifacts=range(1),
    configuration={
        "ProjectId": resource("The ID of the project in Device Farm."),
        "DevicePoolArn": resource("The ARN of the devices to test on."),
        "AppType": needed("What is tested.", "iOS", "Android", "Web"),
        "App": needed("The file of the application in the input artifact."),
        "TestType": needed(
            "The framework that the tests are written for.",
            "APPIUM_JAVA_JUNIT",
            "APPIUM_JAVA_TESTNG",
            "APPIUM_PYTHON",
            "APPIUM_WEB_JAVA_JUNIT",
            "APPIUM_WEB_JAVA_TESTNG",
            "APPIUM_WEB_PYTHON",
            "BUILTIN_EXPLORER",
            "BUILTIN_FUZZ",
            "CALABASH",
            "INSTRUMENTATION",
            "UIAUTOMATION",
            "UIAUTOMATOR",
            "XCTEST",
            "XCTEST_UI",
        ),
        "AppiumVersion": text("The version of Appium."),
        "Test": text("The file of the tests in the input artifact."),
        "FuzzEventCount": number("How many events a fuzz test makes, 1 to 10000."),
        "FuzzEventThrottle": number("Milliseconds between the events of a fuzz test, 1 to 1000."),
        "FuzzRandomizerSeed": number("The same seed gives the same events."),
        "RecordAppPerformanceData": flag("Whether to record CPU, frames and memory."),
        "RecordVideo": flag("Whether to record a video."),
        "RadioBluetoothEnabled": flag("Whether Bluetooth is on at the start."),
        "RadioWifiEnabled": flag("Whether Wi-Fi is on at the start."),
        "RadioNfcEnabled": flag("Whether NFC is on at the start."),
        "RadioGpsEnabled": flag("Whether GPS is on at the start."),
        "CustomHostMachineArtifacts": text("Where artifacts are on the host machine."),
        "CustomDeviceArtifacts": text("Where artifacts are on the device."),
        "UnmeteredDevicesOnly": flag("Whether to use your unmetered devices only."),
        "JobTimeoutMinutes": number("How many minutes a test may take on a device."),
        "Latitude": number("The latitude that the device reports."),
        "Longitude": number("The longitude that the device reports."),
    },
)
ACTION_TYPES = (DEVICE_FARM,)
