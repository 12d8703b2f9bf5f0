"""Where artifacts are kept: in a folder, or in a bucket of a store that speaks S3's protocol."""

from pipelines.stores.contract import FOLDER, Kept, NoSuchUpload, Store, StoreError, Upload
from pipelines.stores.folder import FolderStore
from pipelines.stores.s3 import S3Store

__all__ = [
    "FOLDER",
    "FolderStore",
    "Kept",
    "NoSuchUpload",
    "S3Store",
    "Store",
    "StoreError",
    "Upload",
]
