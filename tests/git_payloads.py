"""What GitHub, GitLab and Bitbucket post, cut down to what is read of it and a bit more."""

SHA = "5b2c9c51e2c4f7cfd3e4fe1a6b1f3f1a5c8d7e90"
BEFORE = "0d1a2b3c4d5e6f708192a3b4c5d6e7f801234567"
NOTHING = "0" * 40
AUTHOR = {"name": "Ann", "email": "ann@example.com", "username": "ann"}
COMMIT = {
    "id": SHA,
    "message": "Say hello",
    "timestamp": "2026-11-25T09:00:00Z",
    "author": AUTHOR,
    "added": ["new.py"],
    "removed": ["old.py"],
    "modified": ["README.md"],
}


def github_push(**changes):
    return {
        "ref": "refs/heads/main",
        "before": BEFORE,
        "after": SHA,
        "deleted": False,
        "repository": {"full_name": "examples/website", "private": True},
        "commits": [COMMIT],
        "head_commit": COMMIT,
        **changes,
    }


def github_pull(*, action="opened", merged=False, fork=False):
    own = {"full_name": "examples/website"}
    return {
        "action": action,
        "number": 7,
        "repository": own,
        "pull_request": {
            "number": 7,
            "merged": merged,
            "user": {"login": "ann"},
            "head": {"ref": "fix", "sha": SHA, "repo": {"full_name": "x/y"} if fork else own},
            "base": {"ref": "main", "repo": own},
        },
    }


def gitlab_push(**changes):
    return {
        "object_kind": "push",
        "ref": "refs/heads/main",
        "before": BEFORE,
        "after": SHA,
        "checkout_sha": SHA,
        "user_username": "ann",
        "project": {"path_with_namespace": "examples/website"},
        "commits": [COMMIT],
        **changes,
    }


def gitlab_merge(*, action="open", oldrev=None, fork=False):
    return {
        "object_kind": "merge_request",
        "user": {"username": "ann"},
        "project": {"path_with_namespace": "examples/website"},
        "object_attributes": {
            "iid": 7,
            "action": action,
            "oldrev": oldrev,
            "source_branch": "fix",
            "target_branch": "main",
            "source_project_id": 2 if fork else 1,
            "target_project_id": 1,
            "last_commit": {"id": SHA},
        },
    }


def bitbucket_push(**changes):
    target = {"message": "Say hello", "date": "2026-11-25", "author": {"raw": "Ann <a@b.c>"}}

    def change(kind, name, commit, old):
        return {"new": {"type": kind, "name": name, "target": {**target, "hash": commit}}, **old}

    return {
        "repository": {"full_name": "examples/website"},
        "push": {
            "changes": [
                change("branch", "main", SHA, {"old": {"name": "main"}}),
                change("branch", "new", BEFORE, {"old": None}),
                change("tag", "v1", SHA, {"old": None}),
                {"new": None, "old": {"name": "gone"}},
            ]
        },
        **changes,
    }


def bitbucket_pull(*, fork=False, commit=SHA):
    own = {"full_name": "examples/website"}
    return {
        "repository": own,
        "pullrequest": {
            "id": 7,
            "source": {
                "branch": {"name": "fix"},
                "commit": {"hash": commit},
                "repository": {"full_name": "x/y"} if fork else own,
            },
            "destination": {"branch": {"name": "main"}, "repository": own},
        },
    }
