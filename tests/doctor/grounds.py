"""A connection of which everything is true, and that connection with one ground broken, a row for each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.chatops.ports import Person, Room
from bot.connection.entrance import CallbackAnswer, Guarded, KeySet, Standing
from bot.connection.in_use import InUse, Use
from bot.connection.lost_key import Locked
from bot.connection.ports import Probe, ProviderMetadata, ServerInfo
from bot.connection.profile import Engine, profile
from bot.connection.reachable import Site
from bot.connection.state import Application, Connection, LiveService, NotVisible, ServiceName, StoredService
from bot.connection.unknown import Unknown
from bot.doctor.checks.systems import NEEDED
from bot.doctor.evidence import Evidence
from bot.doctor.own import Administrators, Own, OwnMachine, Port, PortState, Sealed, TypedByBot
from bot.secret import Secret

OURS = Secret("a" * 64)
GONE = Unknown("it did not answer")
SETTINGS = {
    "url": "https://id.example.org",
    "token_path": "/oidc/token",
    "identity_path": "/oidc/me",
    "authorize_path": "/oidc/auth",
    "scope": "openid profile email",
}

CONNECTION = Connection(
    id="7f3c0a1b",
    name=ServiceName("Encvoy ID", "Encvoyid"),
    site_url="https://chat.example.org",
    application_name="Rocket.Chat",
    settings=SETTINGS,
    client_id="client1",
    current=OURS,
)
LOCKED = Locked(replace(CONNECTION, current=None), exchanging=False, why="None of the keys fits.", fix="Put it back.")
STORED = StoredService("Encvoyid", True, {**SETTINGS, "id": "client1", "button_label_color": "#FFFFFF"}, OURS)
APPLICATION = Application(
    client_id="client1",
    name="Rocket.Chat",
    description=CONNECTION.description,
    domain="https://chat.example.org",
    redirect_uris=(CONNECTION.redirect_uri,),
    token_endpoint_auth_method="client_secret_post",
    secret=OURS,
    rules=frozenset({"login", "email"}),
)
PROVIDER = ProviderMetadata(
    issuer="https://id.example.org",
    authorize_url="https://id.example.org/oidc/auth",
    token_url="https://id.example.org/oidc/token",
    identity_url="https://id.example.org/oidc/me",
    par_url="https://id.example.org/oidc/request",
    jwks_url="https://id.example.org/oidc/jwks",
)
SERVER = ServerInfo(profile=profile((8, 8), frozenset()), site_url="https://chat.example.org")
OWN = Own(
    standing=Standing(may_create=True, applications=0),
    administrators=Administrators(able="anna"),
    websocket=True,
    guarded=Guarded(),
    typed=TypedByBot(40),
)
PLACE = OwnMachine(database=True, sealed=Sealed(2), port=Port("127.0.0.1:8080", PortState.FREE))
REPORTS = Room("r2", "sso-reports", "p", encrypted=False, members=3)
WHOLE = Evidence(
    address="https://chat.example.org",
    server=SERVER,
    account=Person("b1", "ssobot", frozenset({"admin", "bot"}), active=True, type="user"),
    permissions=frozenset(NEEDED),
    room=Room("r1", "sso-admins", "p", encrypted=False, members=3),
    namesake=None,
    report_room=(REPORTS, None),
    provider=PROVIDER,
    keys=KeySet(1, frozenset({"RS256"})),
    login=True,
    site_url_refused=None,
    site=Site.OURS,
    connection=CONNECTION,
    stored=STORED,
    live=LiveService("encvoyid", dict(STORED.settings)),
    application=APPLICATION,
    ours=Probe.ACCEPTED,
    random=Probe.REFUSED,
    only_administrators=False,
    forced={},
    callback=CallbackAnswer(200, Engine.LEGACY),
    in_use=InUse(Use.PROVED),
    own=OWN,
    place=PLACE,
)


def own(**changes: object) -> Evidence:
    """Another look at what the bot itself needs; without a connection, as at the terminal."""
    return replace(WHOLE, own=replace(OWN, **changes), connection=None, application=None)  # type: ignore[arg-type]


def place(**changes: object) -> Evidence:
    return replace(WHOLE, place=replace(PLACE, **changes))  # type: ignore[arg-type]


BROKEN: list[tuple[str, Evidence]] = [
    (
        "Rocket.Chat responds",
        replace(WHOLE, server=GONE, account=GONE, room=GONE, stored=GONE, live=GONE, callback=GONE),
    ),
    ("Bot's account in Rocket.Chat", replace(WHOLE, account=GONE, room=GONE, stored=GONE)),
    *(("Bot's account in Rocket.Chat", replace(WHOLE, permissions=frozenset(NEEDED) - {name})) for name in NEEDED),
    (
        "Bot's account in Rocket.Chat",
        replace(WHOLE, permissions=frozenset(NEEDED) - {"view-privileged-setting"}, stored=GONE),
    ),
    (
        "Bot's account in Rocket.Chat",
        replace(WHOLE, permissions=GONE, account=Person("b1", "s", frozenset({"user"}), True, "user")),
    ),
    ("Admin room", replace(WHOLE, room=None)),
    ("Admin room", replace(WHOLE, room=None, namesake=Room("r9", "sso-admins", "p", encrypted=False, members=3))),
    ("Admin room", replace(WHOLE, room=Room("r1", "a", "p", encrypted=True, members=2))),
    ("Report room", replace(WHOLE, report_room=(None, None))),
    ("Report room", replace(WHOLE, report_room=(None, REPORTS))),
    ("Report room", replace(WHOLE, report_room=(replace(REPORTS, encrypted=True), None))),
    ("Rocket.Chat's own address", replace(WHOLE, server=replace(SERVER, site_url="http://localhost:3000"))),
    ("Rocket.Chat's own address", replace(WHOLE, server=replace(SERVER, site_url="https://moved.example.org"))),
    ("Rocket.Chat's own address", replace(WHOLE, site_url_refused="It has an underscore.")),
    ("Secret in use", replace(WHOLE, in_use=InUse(Use.OTHER, "it says: Unauthorized"))),
    ("Secret in use", replace(WHOLE, in_use=InUse(Use.FAILED, "it says: request to https://id failed"))),
    ("Rocket.Chat's own address", replace(WHOLE, site=Site.STRANGER)),
    ("Rocket.Chat's own address", replace(WHOLE, site=Site.ANOTHER)),
    (
        "Rocket.Chat's own address",
        replace(
            WHOLE,
            server=ServerInfo(profile((9, 0), frozenset({"oauth-enterprise"})), "http://chat.example.org"),
            connection=replace(CONNECTION, site_url="http://chat.example.org"),
            application=replace(APPLICATION, redirect_uris=("http://chat.example.org/_oauth/encvoyid",)),
        ),
    ),
    (
        "Encvoy ID's discovery document",
        replace(WHOLE, provider=replace(PROVIDER, issuer="http://localhost:3001")),
    ),
    ("Licence for Custom OAuth", replace(WHOLE, server=replace(SERVER, profile=profile((9, 0), frozenset())))),
    (
        "Licence for Custom OAuth",
        replace(WHOLE, server=replace(SERVER, profile=profile((9, 0), frozenset())), live=None),
    ),
    ("Secret in use", replace(WHOLE, in_use=InUse(Use.OTHER, "it says: Unauthorized"))),
    ("Secret in use", replace(WHOLE, in_use=InUse(Use.FAILED, "it says: request to https://id failed"))),
    ("Licence for Custom OAuth", replace(WHOLE, server=replace(SERVER, profile=profile((9, 0), GONE)))),
    (
        "Encvoy ID's discovery document",
        replace(WHOLE, provider=GONE, keys=GONE, login=GONE, application=GONE, ours=GONE, random=GONE),
    ),
    (
        "Encvoy ID's discovery document",
        replace(WHOLE, provider=replace(PROVIDER, token_url="https://other.example.org/oidc/token")),
    ),
    *(
        ("Encvoy ID's discovery document", replace(WHOLE, provider=replace(PROVIDER, **{name: moved})))
        for name, moved in (
            ("token_url", "https://id.example.org/api/oidc/token"),
            ("identity_url", "https://id.example.org/api/oidc/me"),
            ("authorize_url", "https://id.example.org/api/oidc/auth"),
        )
    ),
    ("Encvoy ID's signing keys", replace(WHOLE, keys=GONE)),
    ("Encvoy ID's signing keys", replace(WHOLE, keys=KeySet(1, frozenset({"ES256"})))),
    ("Bot's user at Encvoy ID", replace(WHOLE, login=GONE, application=GONE)),
    ("Setting up", replace(WHOLE, connection=replace(CONNECTION, current=None, pending=OURS))),
    ("Application", replace(WHOLE, application=NotVisible("client1"), ours=Probe.REFUSED)),
    ("Application", replace(WHOLE, application=NotVisible("client1", there=False))),
    ("Application", replace(WHOLE, application=None, ours=Probe.REFUSED)),
    ("Application's fields", replace(WHOLE, application=replace(APPLICATION, description="mine"))),
    (
        "Application's fields",
        replace(WHOLE, application=replace(APPLICATION, token_endpoint_auth_method="none"), ours=Probe.REFUSED),
    ),
    *(
        ("Application's fields", replace(WHOLE, application=replace(APPLICATION, **{name: value})))  # type: ignore[arg-type]
        for name, value in (
            ("grant_types", ("refresh_token",)),
            ("response_types", ("none",)),
            ("id_token_signed_response_alg", "PS256"),
            ("access_token_ttl", 59),
            ("access_token_ttl", -1),
            ("subject_type", "pairwise"),
            ("application_type", "native"),
        )
    ),
    ("Login name and e-mail", replace(WHOLE, application=replace(APPLICATION, rules=frozenset({"email"})))),
    (
        "Login name and e-mail",
        replace(WHOLE, connection=replace(CONNECTION, rules=frozenset({"login"}))),
    ),
    ("Application valid in the OIDC process", replace(WHOLE, ours=Probe.BROKEN, random=Probe.BROKEN)),
    ("Secret accepted", replace(WHOLE, ours=Probe.REFUSED, application=replace(APPLICATION, secret=Secret("x")))),
    ("Secret accepted", replace(WHOLE, ours=Probe.REFUSED)),
    ("Counter-check", replace(WHOLE, random=Probe.ACCEPTED)),
    (
        "Callback address registered",
        replace(WHOLE, ours=Probe.REDIRECT_REFUSED, application=replace(APPLICATION, redirect_uris=("https://x",))),
    ),
    ("Service", replace(WHOLE, stored=None, live=None)),
    ("Service", replace(WHOLE, stored=GONE)),
    ("Service's settings", replace(WHOLE, stored=replace(STORED, settings={**STORED.settings, "token_path": "/t"}))),
    ("Service's secret", replace(WHOLE, stored=replace(STORED, secret=Secret("x")))),
    ("Service's switch", replace(WHOLE, stored=replace(STORED, enabled=False), live=None)),
    ("Saved settings are active", replace(WHOLE, live=None)),
    ("Saved settings are active", replace(WHOLE, live=LiveService("encvoyid", {**STORED.settings, "scope": "openid"}))),
    ("Callback address responds", replace(WHOLE, callback=CallbackAnswer(502, None))),
    ("Websocket to Rocket.Chat", own(websocket=Unknown("Rocket.Chat did not respond in time: websocket login."))),
    ("Second factor in Rocket.Chat", own(guarded=Guarded("It asks for a second factor.", "Set the password."))),
    ("Administrators", own(administrators=Administrators(absent=frozenset({"Admin"}), able="anna"))),
    ("Administrators", own(administrators=Administrators(unheld=frozenset({"admin"})))),
    ("Administrators", own(administrators=Administrators(unfit=3))),
    ("Separate account", own(typed=TypedByBot(40, 1, datetime(2026, 11, 24, tzinfo=UTC)))),
    ("Role at Encvoy ID", own(standing=Standing(may_create=False, applications=0))),
    ("Role at Encvoy ID", own(standing=Standing(may_create=False, applications=4))),
    ("Database", place(database=GONE, sealed=None)),
    ("Database keys", place(sealed=Sealed(1, {"encvoyid: pending secret": "None of the keys fits."}))),
    ("Database keys", replace(WHOLE, place=None, connection=None, application=None, stored=None, locked=LOCKED)),
    ("Address of /healthz", place(port=Port("127.0.0.1:80", PortState.IMPOSSIBLE, "permission denied"))),
    ("Address of /healthz", place(port=Port("127.0.0.1:80", PortState.TAKEN, "address already in use"))),
]
CHANGED = {**STORED.settings, "token_path": "/t"}
FORCED = replace(WHOLE, forced={"token_path": "/t"})
NOTED: list[tuple[str, Evidence, str]] = [
    ("Database keys", place(sealed=Sealed(3, older=2)), "every secret in it (3), but 2 of them only with an older key"),
    ("Who may sign in", replace(WHOLE, only_administrators=True), "only administrators sign in to any application"),
    (
        "Who may sign in",
        replace(WHOLE, application=replace(APPLICATION, authorize_only_admins=True)),
        "only administrators sign in through this",
    ),
    (
        "Who may sign in",
        replace(WHOLE, application=replace(APPLICATION, authorize_only_employees=True)),
        "only employees sign in through this",
    ),
    (
        "Other callback addresses",
        replace(
            WHOLE, application=replace(APPLICATION, redirect_uris=(CONNECTION.redirect_uri, "https://x.example/cb"))
        ),
        "https://x.example/cb",
    ),
    ("Rocket.Chat's own address", replace(WHOLE, site=Unknown("It is away.")), "not checked: It is away."),
    (
        "Encvoy ID's discovery document",
        replace(WHOLE, provider=replace(PROVIDER, issuer="http://10.0.0.7")),
        "within one network",
    ),
    ("Forced settings", replace(WHOLE, forced={"merge_roles": True}), "overrides nothing that I wrote"),
    ("Forced settings", replace(WHOLE, forced={"scope": "profile openid email"}), "nothing that I wrote"),
    ("Forced settings", FORCED, "`OVERWRITE_SETTING_Accounts_OAuth_Custom-Encvoyid-token_path`"),
]
"""What somebody may have wished: said, and no failure."""

BUSY = Unknown("too many requests: Rocket.Chat can be asked again in 42 s", "Type the command again.", busy=True)
