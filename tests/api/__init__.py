"""Tests of the AWS API."""
