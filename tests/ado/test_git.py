"""What may go wrong between a repository and us, over HTTP."""

from __future__ import annotations

import io
import os

import pytest

from shared.ado.git import GitRemote, RepositoryMovedError
from shared.ado.git_objects import ObjectFolder
from shared.ado.git_pack_scan import BLOB, COMMIT, TREE
from shared.ado.git_wire import Abilities, GitProtocolError, GitRefusedError, Wanted, fetch_request, read_abilities
from shared.ado.transport import ReplyTooLargeError
from shared.errors import ContractError, CredentialError, TransientError, UnavailableError
from tests.ado.git_server import TOKEN, client_of, new_repo, serving

RESULT = "application/x-git-upload-pack-result"
ADVERTISEMENT = "application/x-git-upload-pack-advertisement"
CALLER = b'{"authenticatedUser": {"id": "1", "descriptor": "x"}, "authorizedUser": {"id": "1"}, "instanceId": "2"}'


@pytest.fixture(scope="module")
def repo(tmp_path_factory):
    made = new_repo(tmp_path_factory.mktemp("git") / "web")
    for number in range(12):
        made.commit({"a.txt": b"".join(b"%d\n" % (n * number) for n in range(400)), f"d/{number}": os.urandom(200)})
    return made


@pytest.fixture
def server(repo):
    with serving(web=repo.path) as server:
        yield server


@pytest.fixture
def remote(server):
    client = client_of(server)
    yield GitRemote(client, "Shop", "web")
    client.close()


def answering(server, status, body, kind="application/json", *, to="POST", **headers):
    """Answer git this, and say who asks as Azure DevOps does."""

    def answer(handler):
        if "connectiondata" in handler.path.lower():
            handler.send(200, CALLER, "application/json")
        elif handler.command == to:
            handler.send(status, body, kind, **headers)
        else:
            return False
        return True

    server.answer = answer


def fetch(remote, repo, **options):
    into = io.BytesIO()
    remote.fetch(Wanted(repo.tips()), into, **options)
    return into.getvalue()


@pytest.mark.parametrize("version", [0, 2])
def test_every_object_is_read_as_git_has_it(repo, server, remote, version):
    server.version = version
    with ObjectFolder(remote) as folder:
        pack = folder.fetch(Wanted(repo.tips()))
        listed = repo.git("rev-list", "--objects", "--all", "--in-commit-order").split("\n")
        ids = {line.split(" ")[0] for line in listed if line}
        assert set(pack.ids()) == ids
        for sha in ids:
            kind, content = pack.get(sha) or (0, b"")
            name = {COMMIT: "commit", TREE: "tree", BLOB: "blob"}[kind]
            assert content == repo.git_bytes("cat-file", name, sha)


@pytest.mark.parametrize("version", [0, 2])
def test_filters_depth_and_haves_are_kept_to(repo, server, remote, version):
    server.version = version
    (tip,) = repo.tips()
    with ObjectFolder(remote) as folder:
        graph = folder.fetch(Wanted([tip], filter_spec="tree:0"))
        assert (len(graph.ids(COMMIT)), graph.ids(TREE), graph.ids(BLOB)) == (12, [], [])
        new = folder.fetch(Wanted([tip], [repo.head("HEAD~3"), "1" * 40], "blob:none"))
        assert (len(new.ids(COMMIT)), new.ids(BLOB)) == (3, [])
        shallow = folder.fetch(Wanted([tip], depth=2, filter_spec="blob:none"))
        assert len(shallow.ids(COMMIT)) == 2
        blob = repo.head("HEAD:a.txt")
        assert folder.fetch(Wanted([blob])).ids() == [blob]


@pytest.mark.parametrize("version", [0, 2])
def test_an_object_that_is_not_there_is_refused(server, remote, version):
    server.version = version
    with pytest.raises(GitRefusedError, match="not our ref"):
        remote.fetch(Wanted(["1" * 40]), io.BytesIO())


def test_requests_and_bytes_are_counted(repo, server):
    client = client_of(server)
    pack = fetch(GitRemote(client, "Shop", "web"), repo)
    assert client.requests == 2
    assert client.bytes_received > len(pack)
    assert {route.split(" ")[0] for route in client.routes} == {"GET", "POST"}
    client.close()


def test_names_are_single_segments(server):
    client = client_of(server)
    for project, name in [("a/b", "c"), ("a", ".."), ("", "c"), ("a", "c\0")]:
        with pytest.raises(ContractError):
            GitRemote(client, project, name)
    client.close()


@pytest.mark.parametrize(
    ("status", "body", "kind", "error", "code"),
    [
        (203, b"<html><title>Sign In</title>", "text/html", CredentialError, None),
        (200, b"<html><title>Sign In</title>", "text/html", CredentialError, None),
        (401, b"", "text/html", CredentialError, None),
        (
            403,
            b'{"typeKey": "GitNeedsPermissionException"}',
            "application/json",
            UnavailableError,
            "permission.missing",
        ),
        (404, b"TF401019: gone", "text/plain", UnavailableError, "repository.unavailable"),
        (429, b"", "text/plain", TransientError, "throttled"),
        (503, b"", "text/plain", TransientError, "server.trouble"),
        (200, b"{}", "application/json", ContractError, "reply.shape"),
        (200, b"", RESULT, TransientError, "reply.cut"),
        (200, b"zzzz", RESULT, GitProtocolError, "git.protocol"),
        (200, b"0009what\n", RESULT, GitProtocolError, "git.protocol"),
        (200, b"0008NAK\n0009\1PACK", RESULT, TransientError, "reply.cut"),
        (200, b"0008NAK\n0006\x07x0000", RESULT, GitProtocolError, "git.protocol"),
        (200, b"0008NAK\n000a\3oops\n0000", RESULT, GitRefusedError, "git.refused"),
        (200, b"0008NAK\n0000", RESULT, TransientError, "reply.cut"),
    ],
)
def test_a_refusal_or_nonsense_has_its_class(repo, server, remote, status, body, kind, error, code):
    answering(server, status, body, kind)
    with pytest.raises(error) as raised:
        fetch(remote, repo)
    assert code in (None, raised.value.code)
    assert TOKEN not in repr(raised.value) + str(raised.value)


def test_a_redirect_is_not_followed(repo, server, remote):
    answering(server, 302, b"", "text/html", Location=f"{server.url}/elsewhere")
    with pytest.raises(RepositoryMovedError):
        fetch(remote, repo)
    assert not any(path.endswith("elsewhere") for path, _ in server.sent)


def test_a_pack_that_is_said_to_lie_elsewhere_is_not_fetched(repo, server, remote):
    server.version = 2
    answering(server, 200, b"0012packfile-uris\n0000", RESULT)
    with pytest.raises(GitProtocolError, match="section"):
        fetch(remote, repo)


def test_a_proxy_in_the_environment_is_not_asked(repo, server, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    client = client_of(server)
    assert fetch(GitRemote(client, "Shop", "web"), repo).startswith(b"PACK")
    client.close()


def test_a_pack_larger_than_allowed_is_given_up(repo, remote, monkeypatch):
    monkeypatch.setattr("shared.ado.git._OVERHEAD_BYTES", 100)
    with pytest.raises(ReplyTooLargeError):
        fetch(remote, repo, max_bytes=1000)


@pytest.mark.parametrize("text", [b"", b"0000", b"001e# service=git-upload-pack\n", b"ffff", b"000bERR no\n\n"])
def test_what_is_no_advertisement_is_refused(text):
    with pytest.raises((ContractError, TransientError)):
        read_abilities(io.BytesIO(text).read)


def test_version_0_is_asked_with_what_azure_repos_insists_on():
    abilities = Abilities(0, frozenset({b"multi_ack", b"ofs-delta", b"filter", b"thin-pack"}))
    body = fetch_request(abilities, Wanted(["a" * 40], ["b" * 40] * 300, "blob:none", 7))
    first, _, rest = body.partition(b"\n")
    assert first.endswith(b"want " + b"a" * 40 + b" multi_ack ofs-delta filter agent=flow-azure-devops")
    assert rest.count(b"have ") == 256
    assert rest.index(b"deepen 7") < rest.index(b"filter blob:none") < rest.index(b"0000") < rest.index(b"have ")
