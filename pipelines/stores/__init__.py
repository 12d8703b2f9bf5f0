"""Where artifacts are kept: in a folder, or in a bucket of a store that speaks S3's protocol."""

from pipelines.stores.contract import Kept, NoSuchUpload, Store, StoreError, Upload
from pipelines.stores.folder import FolderStore

__all__ = ["FolderStore", "Kept", "NoSuchUpload", "Store", "StoreError", "Upload"]
