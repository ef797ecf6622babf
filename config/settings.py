"""Every setting, with its default and bounds. One section a room; units are in the names.

The commented ``default.toml`` beside this file documents every key for operators; a test keeps both complete.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from config import scopes, web_address, zones

Positive = Annotated[float, Field(gt=0)]
LogLevel = Literal["debug", "info", "warning", "error"]
Lane = Literal["interactive", "folder", "scheduled", "background"]
End = Literal["done", "failed", "cancelled", "dead"]
"""How a job may end."""
OWNER = r"^[a-z][a-z0-9_-]{0,30}:[A-Za-z0-9][A-Za-z0-9._@+=-]{0,79}$"
"""``source:name``, what the owner of a job looks like."""
WEIGHED = r"^[a-z][a-z0-9_-]{0,30}:\S{1,120}$"
"""``owner:source:name`` or a group such as ``role:patron``."""


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


OWNERS = rf"({OWNER}|^[A-Za-z0-9:._@+=-]{{0,110}}\*$)"
"""An owner, or the beginning of some with a star behind it: ``folder:*``."""
SOURCE = r"^[a-z][a-z0-9_-]{0,30}$"


class Section(BaseModel):
    """A frozen group of settings; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StorageSettings(Section):
    """The database and the files beside it."""

    busy_timeout_seconds: Positive = 15.0
    synchronous: Literal["full", "normal"] = "full"
    min_free_bytes: Annotated[int, Field(ge=0)] = 256 * 1024 * 1024
    """Below this much free space intake refuses and queued jobs wait."""


class QueueSettings(Section):
    """How jobs are tried."""

    max_attempts: Annotated[int, Field(ge=1, le=1000)] = 3
    max_queued: Annotated[int, Field(ge=1)] = 1_000_000
    max_running_per_owner: Annotated[int, Field(ge=0)] = 0
    """Jobs of one owner on board of an engine at a time; 0: as many as there is room for."""
    retry_seconds: Annotated[float, Field(ge=0)] = 1.0
    """Wait before the second attempt after a retryable failure; doubles with each attempt, at most a minute.
    After a crash nothing waits."""
    job_deadline_seconds: Positive = 3600.0
    """A job that has been drawn for so long is ended as failed; waiting and the loading of models do not count."""
    lease_seconds: Positive = 60.0
    max_queued_per_owner: Annotated[int, Field(ge=0)] = 0
    """Jobs of one owner that may wait; 0: as many as there is room for. A rule of the quotas may say otherwise."""


class LaneSettings(Section):
    """Parts of the engines' time; only their proportions count."""

    interactive: Positive = 60.0
    folder: Positive = 20.0
    scheduled: Positive = 15.0
    background: Positive = 5.0

    @property
    def shares(self) -> dict[str, float]:
        """Of each lane, of 1."""
        parts: dict[str, float] = self.model_dump()
        whole = sum(parts.values())
        return {lane: part / whole for lane, part in parts.items()}


class FairnessSettings(Section):
    """Who is served next."""

    lanes: LaneSettings = LaneSettings()
    """A lane with work gets at least its part of the engines' time, and what others leave."""
    weights: dict[Annotated[str, Field(pattern=WEIGHED)], Positive] = Field(default_factory=dict)
    """Of owners (``owner:discord:1``) and groups (``role:patron``); an owner's own goes before the largest of his
    groups, and without any it is 1. Within a lane who has 2 gets twice as much as who has 1."""
    affinity_seconds: Annotated[float, Field(ge=0)] = 10.0
    """A job that fits what an engine has loaded may go before others of its lane by so many engine-seconds of an
    owner's turn."""
    quantum_seconds: Positive = 2.0
    """A lane may fall so many engine-seconds behind its part before its jobs go before more urgent ones."""
    switch_seconds: Annotated[float, Field(ge=0)] = 10.0
    """The same, further, where that means to load another model."""


class EngineSettings(Section):
    """The process that computes."""

    kind: Literal["local", "fake"] = "local"
    device: str = "auto"
    """``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``xpu``, ``mps`` (ROCm is ``cuda``, as torch names it)."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    threads: Annotated[int, Field(ge=0)] = 0
    """CPU threads of torch; 0 leaves the choice to torch."""
    max_batch: Annotated[int, Field(ge=0, le=256)] = 0
    """Jobs drawn together; 0 lets the engine choose for its device."""
    resident_models: Annotated[int, Field(ge=1)] = 1
    previews: bool = True
    start_timeout_seconds: Positive = 120.0
    stall_seconds: Positive = 300.0
    """No sign of life for so long while work is in hand, and the engine is killed and started anew."""
    load_timeout_seconds: Positive = 900.0
    """The same while it loads a model, when it can't give any."""
    restart_seconds: Annotated[float, Field(ge=0)] = 0.2
    """Wait before an engine that died is started again; doubles while it dies without finishing anything, up to 30."""
    fake_step_s: Annotated[float, Field(ge=0)] = 0.02
    """Seconds a forward of the fake engine takes."""
    fake_megapixel_s: Annotated[float, Field(ge=0)] = 0.0
    """Seconds that it takes more for each megapixel in it."""
    fake_load_s: Annotated[float, Field(ge=0)] = 0.0
    """Seconds the fake engine takes to load a model."""


class ModelSettings(Section):
    """Which models there are."""

    default: str = "starter"
    directory: Path | None = None
    """Where fetched models are put; not set: ``models`` in the state directory."""


class FolderSettings(Section):
    """One watched folder. Paths that are not set lie in the state directory."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")] = "inbox"
    path: Path | None = None
    outbox: Path | None = None
    done: Path | None = None
    failed: Path | None = None
    owner: Annotated[str, Field(pattern=OWNER)] | None = None
    """Whose jobs its orders are; ``folder:NAME`` when it is not set."""
    accept: tuple[Literal["text", "structured", "tables", "pictures"], ...] = (
        "text",
        "structured",
        "tables",
        "pictures",
    )
    """Kinds of order files; others go to ``failed`` with the reason."""
    scan_seconds: Positive = 30.0
    events: Literal["auto", "inotify", "poll"] = "auto"
    """``auto``: notices of the kernel where it can give them, and polling on network shares and below them."""
    poll_seconds: Positive = 5.0
    """How often is looked where there are no notices."""
    min_age_seconds: Annotated[float, Field(ge=0)] = 1.0
    """A file stays so long after it appeared, whatever else holds: also one that was renamed into place, which needs
    not settle. Settling counts from the last change, this from the appearance."""
    settle_seconds: Annotated[float, Field(ge=0)] = 2.0
    """An order file must look the same for this long, over at least two looks."""
    settle_image_seconds: Annotated[float, Field(ge=0)] = 10.0
    pairing_seconds: Annotated[float, Field(ge=0)] = 10.0
    """How long an image waits for the sidecar of the same name. A sidecar never waits for an image."""
    orphans: Literal["draw", "wait", "fail"] = "draw"
    """An image whose sidecar has not come by then: drawn by the preset's prompt or the parameters it carries, left
    until its sidecar comes, or put to ``failed``."""
    max_open_jobs: Annotated[int, Field(ge=1)] = 200
    max_file_bytes: Annotated[int, Field(ge=1)] = 64 * 1024 * 1024
    max_lines: Annotated[int, Field(ge=1)] = 100_000
    repeat: Literal["again", "skip", "link"] = "again"
    """What a file means whose content was handled before: a new order, nothing, or the earlier pictures once more."""
    sidecar: bool = True
    """Write a JSON record beside each result."""
    lane: Lane = "folder"
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    preset: dict[str, str | int | float | bool] = Field(default_factory=dict)
    """Request fields for orders that do not set them (``folder.toml`` in a sub-folder overrides them there)."""


class WatchFolderSettings(Section):
    """The watched folders."""

    enabled: bool = True
    folders: tuple[FolderSettings, ...] = (FolderSettings(),)


class ScheduleSettings(Section):
    """One schedule of the configuration file: what ``mezzotint schedule add`` takes. Exactly one of ``cron``,
    ``every``, ``calendar`` and ``at`` says when."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
    cron: str | None = None
    every: str | None = None
    calendar: str | None = None
    at: str | None = None
    time_zone: str | None = None
    gap: Literal["next", "skip"] = "next"
    """A local time that clocks leave out in spring: the first moment after it, or not that day."""
    overlap: Literal["first", "both"] = "first"
    """A local time that clocks show twice in autumn."""
    catch_up: str = "one"
    """What was missed: ``none``, ``one``, ``all:K`` or ``within:SPAN``."""
    jitter: str | None = None
    starts_at: str | None = None
    ends_at: str | None = None
    max_runs: Annotated[int, Field(ge=1)] | None = None
    max_in_flight: Annotated[int, Field(ge=1, le=100)] = 1
    quiet_hours: str | None = None
    owner: Annotated[str, Field(pattern=OWNER)] | None = None
    """Whose jobs they are; ``schedule:NAME`` when it is not set."""
    seed_rule: Literal["random", "fixed", "increment", "date"] | None = None
    evolve: bool = False
    """Each picture starts from the one before."""
    folder: Path | None = None
    """Results are written there as well."""
    webhook: str | None = None
    lists: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    request: dict[str, str | int | float | bool] = Field(default_factory=dict)
    """Request fields; the prompts may hold places."""


class SchedulesSettings(Section):
    """Recurring orders."""

    enabled: bool = True
    time_zone: str = "auto"
    """IANA name, for schedules that name none; ``auto`` is the zone of the machine."""
    pause_after_failures: Annotated[int, Field(ge=0)] = 5
    """So many runs of a schedule that fail in a row pause it; 0: never."""
    max_schedules: Annotated[int, Field(ge=1)] = 20_000
    entries: tuple[ScheduleSettings, ...] = ()


class HttpSettings(Section):
    """The control socket (a TCP listener is not offered yet)."""

    socket_path: Path | None = None
    """Where the control socket lies when not in the state directory; its directory decides the socket's group."""
    socket_mode: Annotated[str, Field(pattern=r"^0?[0-7]{3}$")] = "0600"
    max_body_bytes: Annotated[int, Field(ge=1024)] = 64 * 1024 * 1024


class LimitSettings(Section):
    """Bounds on what comes in."""

    max_image_bytes: Annotated[int, Field(ge=1024)] = 32 * 1024 * 1024
    max_image_pixels: Annotated[int, Field(ge=4096)] = 40_000_000
    max_request_pixels: Annotated[int, Field(ge=4096)] = 4096 * 4096


class LogSettings(Section):
    """Structured logs on stderr, a JSON object a line."""

    level: LogLevel = "info"
    levels: dict[Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.\w+)*$")], LogLevel] = Field(default_factory=dict)
    """Other levels for single modules (``daemon.dispatch``) or loggers of libraries, and for all below them."""


class DeliverySettings(Section):
    """How results are brought to where their jobs came from."""

    at_once: Annotated[int, Field(ge=1, le=1000)] = 4
    """Deliveries of one source under way at a time."""
    max_attempts: Annotated[int, Field(ge=1)] = 5
    """Tries of a delivery that fails for a reason that is not known to pass; then it is given up and status says so."""
    retry_seconds: Positive = 1.0
    """Wait before the second try; doubles with each."""
    longest_wait_seconds: Positive = 60.0
    give_up_hours: Positive = 168.0
    """A delivery whose reason may pass (disk full, other side down) is tried for so long."""


class WebhookHost(Section):
    """A host that may be told of jobs."""

    name: Annotated[str, Field(max_length=300)]
    """``name`` or ``name:port``; without a port the usual one of the scheme. It admits this name, and none below it."""
    private: bool = False
    """Its addresses may be of this machine or of a private network."""
    http: bool = False
    """It may be told without TLS; only together with ``private``."""
    signed_with: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,50}$")] = "webhook-secret"
    """The credential that holds the secret. While there is one of the same name with ``-old`` behind it, what is sent
    carries a signature of each."""

    @field_validator("name")
    @classmethod
    def _is_a_host(cls, name: str) -> str:
        try:
            web_address.host_and_port(name)
        except ValueError as error:
            raise ValueError(f"be a host and this {error}") from None
        return name


class WebhookSubscription(Section):
    """Somebody who is told of every job's end that matches."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    url: str
    events: Annotated[tuple[End, ...], Field(min_length=1)] = ("done", "failed", "cancelled", "dead")
    owner: Annotated[str, Field(pattern=OWNERS)] | None = None
    origin: Annotated[str, Field(pattern=SOURCE)] | None = None
    """The source of the origin: ``folder``, ``webhook``, ``cli``, ``http`` ..."""
    pictures: bool = False
    """Send the pictures along, too."""


class WebhookSettings(Section):
    """Who is told of jobs over the web. Secrets are credentials, no settings."""

    hosts: Annotated[tuple[WebhookHost, ...], Field(max_length=200)] = ()
    subscriptions: Annotated[tuple[WebhookSubscription, ...], Field(max_length=32)] = ()
    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 20.0
    """A host has so long to take one message, from the look-up of its name to the answer."""
    picture_bytes: Annotated[int, Field(ge=0, le=256 * 1024 * 1024)] = 8 * 1024 * 1024
    """Pictures of a job are sent along if all of them together are not larger; 0 sends none."""
    longest_wait_seconds: Annotated[float, Field(gt=0, le=86_400)] = 3600.0
    """A host may ask for so long a wait (``Retry-After``); one that asks for more is tried then."""


DISCORD_API = "https://discord.com/api/v10"
"""Discord's own root of the API."""


def _api_base(text: str) -> str:
    text = text.rstrip("/")
    address = web_address.parse(text)
    if address.scheme == "http" and not web_address.is_loopback(address.host):
        raise ValueError("begin with https:// (the token would travel in the open), but for this machine itself")
    return text


class DiscordSettings(Section):
    """The Discord bot. Its token is a credential, no setting."""

    enabled: bool = False
    token_file: Annotated[Path | None, BeforeValidator(_empty_is_none)] = None
    """A file with the bot's token; without it the credential ``discord-token``."""
    api_base: Annotated[str, AfterValidator(_api_base)] = DISCORD_API
    """Root of the API, version included; its ``/gateway/bot`` names the gateway."""
    edit_seconds: Annotated[float, Field(ge=3, le=60)] = 3.0
    """Between two edits of the message that shows how far a job is, at least."""


class RetentionRule(Section):
    """What is kept of the ended jobs that match ``owner``, ``origin`` and ``state``.

    A job stays as long as one of the ``keep_`` keeps it; a rule without any keeps all that it matches.
    """

    owner: Annotated[str, Field(pattern=OWNERS)] | None = None
    origin: Annotated[str, Field(pattern=SOURCE)] | None = None
    state: End | None = None
    keep_days: Annotated[float, Field(ge=0, le=36_500)] | None = None
    keep_newest: Annotated[int, Field(ge=0)] | None = None
    keep_bytes: Annotated[int, Field(ge=0)] | None = None
    """The newest whose pictures together take no more."""


class RetentionSettings(Section):
    """Which ended jobs are removed by and by, with their pictures. Without rules none is."""

    every_minutes: Annotated[float, Field(gt=0, le=10_080)] = 60.0
    rules: Annotated[tuple[RetentionRule, ...], Field(max_length=100)] = ()
    """The first that matches a job decides about it; a job that none matches stays."""


class MetricsSettings(Section):
    """Figures for collectors; ``GET /metrics`` on the control socket needs no setting."""

    textfile: Annotated[Path | None, BeforeValidator(_empty_is_none)] = None
    """Where the figures are written as a text file; empty or not set: nowhere."""
    every_seconds: Annotated[float, Field(ge=1, le=3600)] = 15.0
    """How often the file is written."""
    textfile_mode: Annotated[str, Field(pattern=r"^0?[0-7]{3}$")] = "0644"
    """Who may read the file: its mode."""


Limit = Annotated[int, Field(ge=0, le=2**53)]
"""0: this rule sets no limit."""
Seconds = Annotated[float, Field(ge=0, le=1e9)]


class QuotaRule(Section):
    """What one kind of scope may use. What it does not limit (0) is left to the rule that is less specific."""

    of: Annotated[str, AfterValidator(scopes.pattern)] = "owner:*"
    """``owner:*``, ``owner:discord:*``, ``owner:cli:anna``, ``role:patron``, ``guild:1234``, ``folder:*`` ..."""
    pictures_per_day: Limit = 0
    pictures_per_month: Limit = 0
    gpu_seconds_per_day: Seconds = 0
    gpu_seconds_per_month: Seconds = 0
    storage_bytes: Limit = 0
    """Of recorded pictures that are there now."""
    queued: Limit = 0
    """Jobs of an owner that may wait; in the place of ``queue.max_queued_per_owner``."""


class QuotaSettings(Section):
    """What each owner, role, guild, folder and schedule may use."""

    tz: Annotated[str, AfterValidator(zones.checked)] = "UTC"
    """IANA name of the zone in which days and months begin."""
    rules: tuple[QuotaRule, ...] = (QuotaRule(),)


class StopSettings(Section):
    """How the daemon ends."""

    grace_seconds: Annotated[float, Field(ge=0)] = 20.0
    """Running jobs may finish for so long after SIGTERM; then they are released with their attempt given back."""


class Settings(Section):
    """Everything the operator may set. Built by :func:`config.sources.load` only."""

    state_dir: Path
    storage: StorageSettings = StorageSettings()
    queue: QueueSettings = QueueSettings()
    fairness: FairnessSettings = FairnessSettings()
    engine: EngineSettings = EngineSettings()
    models: ModelSettings = ModelSettings()
    watch_folder: WatchFolderSettings = WatchFolderSettings()
    schedules: SchedulesSettings = SchedulesSettings()
    http: HttpSettings = HttpSettings()
    limits: LimitSettings = LimitSettings()
    log: LogSettings = LogSettings()
    delivery: DeliverySettings = DeliverySettings()
    webhooks: WebhookSettings = WebhookSettings()
    discord: DiscordSettings = DiscordSettings()
    retention: RetentionSettings = RetentionSettings()
    metrics: MetricsSettings = MetricsSettings()
    quotas: QuotaSettings = QuotaSettings()
    stop: StopSettings = StopSettings()

    @property
    def database(self) -> Path:
        """The one SQLite file."""
        return self.state_dir / "mezzotint.db"

    @property
    def pictures(self) -> Path:
        """Result files; only files that rows name lie here."""
        return self.state_dir / "pictures"

    @property
    def inputs(self) -> Path:
        """Input pictures by content: ``<sha256>.png``."""
        return self.state_dir / "inputs"

    @property
    def quarantine(self) -> Path:
        """Files that recovery found without a row."""
        return self.state_dir / "quarantine"

    @property
    def models_directory(self) -> Path:
        """Where fetched models are put."""
        return (self.models.directory or self.state_dir / "models").expanduser().absolute()

    @property
    def models_file(self) -> Path:
        """The registry of models (the starter is built in)."""
        return self.state_dir / "models.json"

    @property
    def control_socket(self) -> Path:
        """The Unix socket of the native API."""
        return self.http.socket_path or self.state_dir / "run" / "control.sock"

    @property
    def lock_file(self) -> Path:
        """Held by the one daemon that owns the queue."""
        return self.state_dir / "run" / "daemon.lock"
