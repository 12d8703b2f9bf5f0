"""The AWS face: `POST /` as the `aws` command and the SDKs send it.  No rule lives here."""
