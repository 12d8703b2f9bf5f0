"""Random stories through boto3 against a running Penstock, and what the rules say of them."""
