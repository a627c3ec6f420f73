"""How the backend answers a failed request: with coded errors in the system's language, or with no answer at all.

Source: facts/encvoy-id.md §5.
"""

from __future__ import annotations

from dataclasses import dataclass

NGINX_504 = (
    "<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body>\r\n"
    "<center><h1>504 Gateway Time-out</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
NGINX_404 = NGINX_504.replace("504 Gateway Time-out", "404 Not Found")

LANGUAGES = ("en-US", "ru-RU", "de-DE", "fr-FR", "es-ES", "it-IT")

TEXTS: dict[str, tuple[str, ...]] = {
    "T3E0003": (
        "User not found",
        "Пользователь не найден",
        "Benutzer nicht gefunden",
        "Utilisateur introuvable",
        "Usuario no encontrado",
        "Utente non trovato",
    ),
    "T3E0024": (
        "User is blocked",
        "Пользователь заблокирован",
        "Benutzer ist gesperrt",
        "Utilisateur bloqué",
        "Usuario bloqueado",
        "Utente bloccato",
    ),
    "T3E0026": (
        "Access restricted",
        "Доступ ограничен",
        "Zugriff eingeschränkt",
        "Accès restreint",
        "Acceso restringido",
        "Accesso limitato",
    ),
    "T3E0030": (
        "Provider not found",
        "Провайдер не найден",
        "Anbieter nicht gefunden",
        "Fournisseur introuvable",
        "Proveedor no encontrado",
        "Provider non trovato",
    ),
    "T3E0059": (
        "Role not found",
        "Роль не найдена",
        "Rolle nicht gefunden",
        "Rôle introuvable",
        "Rol no encontrado",
        "Ruolo non trovato",
    ),
    "T3E0060": (
        "Invalid Basic",
        "Неверный Basic",
        "Ungültiges Basic",
        "Basic non valide",
        "Basic no válido",
        "Basic non valido",
    ),
    "T3E0061": (
        "Invalid Authorization",
        "Неверный заголовок Authorization",
        "Ungültige Autorisierung",
        "Autorisation non valide",
        "Autorización no válida",
        "Autorizzazione non valida",
    ),
    "T3E0067": (
        "Action forbidden",
        "Действие запрещено",
        "Aktion verboten",
        "Action interdite",
        "Acción prohibida",
        "Azione vietata",
    ),
    "T3E0068": (
        "Invalid token",
        "Неверный токен",
        "Ungültiges Token",
        "Jeton non valide",
        "Token no válido",
        "Token non valido",
    ),
    "T3E0071": (
        "Application not found",
        "Приложение не найдено",
        "Anwendung nicht gefunden",
        "Application introuvable",
        "Aplicación no encontrada",
        "Applicazione non trovata",
    ),
    "T3E0072": (
        "Invalid credentials",
        "Неверные учетные данные",
        "Ungültige Anmeldedaten",
        "Identifiants non valides",
        "Credenciales no válidas",
        "Credenziali non valide",
    ),
    "T3E0073": (
        "Identifier type is not allowed",
        "Тип идентификатора не разрешен",
        "Kennungstyp nicht erlaubt",
        "Type d'identifiant non autorisé",
        "Tipo de identificador no permitido",
        "Tipo di identificatore non consentito",
    ),
    "T3E0077": (
        "Basic authorization is not allowed",
        "Basic-авторизация запрещена",
        "Basic-Autorisierung nicht erlaubt",
        "Autorisation Basic non permise",
        "Autorización Basic no permitida",
        "Autorizzazione Basic non consentita",
    ),
    "T3E0078": (
        "Something went wrong",
        "Что-то пошло не так",
        "Etwas ist schiefgelaufen",
        "Une erreur est survenue",
        "Algo salió mal",
        "Qualcosa è andato storto",
    ),
}
"""Code to its text in the order of LANGUAGES. Code must not depend on these texts: they change with the setting."""


def localized(code: str, language: str) -> str:
    """The text of a code; English for a language that is not there."""
    texts = TEXTS[code]
    return texts[LANGUAGES.index(language)] if language in LANGUAGES else texts[0]


@dataclass
class ApiError(Exception):
    """A handled error of the management API. `code` such as `T3E0067` is translated; `text` is answered as it is."""

    status: int
    code: str | None = None
    text: str = ""
    details: str | None = None

    def __post_init__(self) -> None:
        super().__init__(self.status, self.code or self.text)


def forbidden_resource() -> ApiError:
    """The guard's answer where the role lacks the action; not translated."""
    return ApiError(403, text="Forbidden resource")


def invalid(messages: list[str]) -> ApiError:
    """The validation pipe's answer: all messages in one text."""
    return ApiError(400, text=", ".join(messages))


class Hang(Exception):
    """An exception that the real server's filter does not know: logged there, and the request never answered."""
