"""What is asked of the hub: which commit a revision is and which files it has, and the content of one file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from config.errors import NotFoundError, RetryableError, UserError
from pipeline.models.pull import library

REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}(/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?")
COMMIT = re.compile(r"[0-9a-f]{40}")
SHA256 = re.compile(r"[0-9a-f]{64}")
MAX_REDIRECTS = 5
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class WrongAnswerError(UserError):
    """The hub answered something that makes no sense."""


class UnreachableHubError(RetryableError):
    """The hub can't be reached."""

    wait_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as the hub lists it: ``sha256`` of the content if it is stored apart, else git's own ``blob`` hash."""

    name: str
    size: int
    sha256: str | None
    blob: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of one commit."""

    repository: str
    commit: str
    licence: str | None
    files: tuple[Listed, ...]


class Hub:
    """One hub. The token is sent to it alone."""

    def __init__(self, endpoint: str | None, token: str | None) -> None:
        library.prepare()
        from huggingface_hub import HfApi, constants

        self.endpoint = (endpoint or constants.ENDPOINT).rstrip("/")
        parts = urlsplit(self.endpoint)
        if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc:
            raise UserError(
                "endpoint: is no address of a hub", field="endpoint", hint="for example https://hub.example"
            )
        if token and parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise UserError("endpoint: a token is not sent unencrypted", field="endpoint", hint="use https")
        self._token = token
        self._client = library.client()
        self._api = HfApi(endpoint=self.endpoint, token=token or False, library_name="mezzotint")

    def listing(self, repository: str, revision: str) -> Listing:
        """Resolve the revision to its commit. One answer names the commit and its files, so they can't differ."""
        if not REPOSITORY.fullmatch(repository) or "--" in repository or ".." in repository:
            raise UserError(
                f"repository: {repository[:80]!r} is none", field="repository", hint="for example: owner/model"
            )
        import httpx2
        from huggingface_hub.errors import HfHubHTTPError, RevisionNotFoundError

        try:
            found = self._api.model_info(
                repository, revision=revision, files_metadata=True, timeout=library.QUIET_SECONDS
            )
        except RevisionNotFoundError:
            raise NotFoundError(f"{repository} has no revision {revision[:80]!r}", field="revision") from None
        except HfHubHTTPError as error:
            raise self._refusal(error.response, repository) from None
        except library.MovedError:
            raise NotFoundError(
                f"{repository} has another name now", hint="look for its name on the hub's page"
            ) from None
        except httpx2.HTTPError as error:
            raise _unreachable(error) from None
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError, library.TooLongError):
            raise WrongAnswerError(hint="is this the address of a model hub?") from None
        return _listing(repository, found)

    def content(self, listing: Listing, name: str, begin: int) -> Iterator[bytes]:
        """The file from byte ``begin`` on; empty first when the hub starts it anew (then ``b""`` is yielded)."""
        import httpx2
        from huggingface_hub import hf_hub_url

        url = hf_hub_url(listing.repository, name, revision=listing.commit, endpoint=self.endpoint)
        try:
            for _ in range(MAX_REDIRECTS + 1):
                with self._client.stream(
                    "GET", url, headers=self._headers(url, begin), extensions={library.FILE: True}
                ) as response:
                    if response.is_redirect:
                        url = self._next(url, response.headers.get("location", ""))
                        continue
                    if response.status_code not in (200, 206):
                        raise self._refusal(response, listing.repository)
                    if response.headers.get("x-repo-commit", listing.commit) != listing.commit:
                        raise WrongAnswerError("the hub sends files of another commit than it was asked for")
                    if response.status_code == 200 and begin:
                        yield b""
                    yield from response.iter_raw()
                    return
        except httpx2.HTTPError as error:
            raise _unreachable(error) from None
        except (ValueError, httpx2.InvalidURL):
            raise WrongAnswerError from None
        raise WrongAnswerError(f"the hub sends from one address to the next for {name}")

    def _headers(self, url: str, begin: int) -> dict[str, str]:
        headers = {"accept-encoding": "identity", "user-agent": "mezzotint"}
        if begin:
            headers["range"] = f"bytes={begin}-"
        if self._token and _origin(url) == _origin(self.endpoint):
            headers["authorization"] = f"Bearer {self._token}"
        return headers

    def _next(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        scheme = urlsplit(target).scheme
        if not location or scheme not in ("https", "http"):
            raise WrongAnswerError("the hub sends to an address that is none")
        if scheme == "http" and not self.endpoint.startswith("http:"):
            raise WrongAnswerError("the hub sends to an unencrypted address", hint="nothing was fetched from it")
        return target

    def _refusal(self, response: Any, repository: str) -> Exception:
        """Our own words; the hub's are not repeated."""
        status = response.status_code
        if status in (401, 403):
            given = "the token that was given does not open it" if self._token else "no token was given"
            return UserError(
                f"{repository} is closed, or there is no such repository ({given})",
                hint="accept its terms on the hub's page, then give a token of yours with --token-file FILE",
            )
        if status == 404:
            return NotFoundError(f"the hub has no {repository}, or not that file", hint="owner and name as on its page")
        if status in (408, 429) or status >= 500:
            error = UnreachableHubError(f"the hub answered with {status}", hint="try again later; what is here is kept")
            told = response.headers.get("retry-after", "")
            error.wait_seconds = int(told) if told.isascii() and told.isdigit() and len(told) < 6 else 0
            return error
        return WrongAnswerError(f"the hub answered with {status}")


def _unreachable(error: Exception) -> UnreachableHubError:
    return UnreachableHubError(
        f"the hub can't be reached, or went silent ({type(error).__name__})",
        hint="look at the network; what was fetched is kept, and the same command goes on from there",
    )


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _listing(repository: str, found: Any) -> Listing:
    commit = found.sha
    if not isinstance(commit, str) or not COMMIT.fullmatch(commit):
        raise WrongAnswerError("the hub did not say which commit that is")
    if not isinstance(found.siblings, list):
        raise WrongAnswerError("the hub did not list the files")
    stated = getattr(found.card_data, "license", None)
    licence = stated[:200] if isinstance(stated, str) and stated.isprintable() else None
    try:
        files = tuple(_listed(each) for each in found.siblings)
    except (TypeError, ValueError):
        raise WrongAnswerError("the hub listed a file without its size or hash") from None
    return Listing(repository, commit, licence, files)


def _listed(sibling: Any) -> Listed:
    sha256 = sibling.lfs.sha256 if sibling.lfs else None
    size = sibling.lfs.size if sibling.lfs else sibling.size
    named = isinstance(sibling.rfilename, str) and type(size) is int and size >= 0
    hashed = SHA256.fullmatch(sha256) if sha256 is not None else COMMIT.fullmatch(sibling.blob_id)
    if not named or not hashed:
        raise ValueError
    return Listed(sibling.rfilename, size, sha256, None if sha256 else sibling.blob_id)
