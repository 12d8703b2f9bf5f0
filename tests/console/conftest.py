"""Who looks at the pages."""

import pytest


@pytest.fixture
def signed_in(client, django_user_model):
    """A client of the user alice."""
    client.force_login(django_user_model.objects.create_superuser("alice"))
    return client
