"""The settings of a fresh workspace that the facts speak of; a real one has a thousand more."""

from __future__ import annotations

from typing import Any

from sandbox.rocketchat.settings import Setting, Settings

_2FA = "Accounts_TwoFactorAuthentication_"


def _row(setting_id: str, value: Any, group: str, *, public: bool = False, hidden: bool = False) -> Setting:
    kind = "boolean" if isinstance(value, bool) else "int" if isinstance(value, int) else "string"
    return Setting(setting_id, kind, value, group, public=public, hidden=hidden)


def workspace_settings(site_url: str, unique_id: str, *, modern_flow: bool) -> list[Setting]:
    """All of them, fresh. `modern_flow`: whether the version has the switch between the two login engines (8.7–8.9)."""
    rows = [
        _row("Site_Url", site_url, "General", public=True),
        _row("Site_Name", "Rocket.Chat", "General", public=True),
        _row("Language", "en", "General", public=True),
        _row("uniqueID", unique_id, "WorkspaceInfo", public=True),
        _row("Cloud_Workspace_Client_Secret", "", "Cloud", hidden=True),
        _row("API_Enable_Rate_Limiter", True, "Rate Limiter"),
        _row("API_Enable_Rate_Limiter_Limit_Calls_Default", 10, "Rate Limiter"),
        _row("API_Enable_Rate_Limiter_Limit_Time_Default", 60000, "Rate Limiter"),
        _row("API_Upper_Count_Limit", 100, "General"),
        _row("API_Apply_permission_view-outside-room_on_users-list", False, "General"),
        _row("API_Default_Count", 50, "General"),
        _row("API_Allow_Infinite_Count", True, "General"),
        _row("Accounts_AllowAnonymousRead", False, "Accounts", public=True),
        _row("Accounts_AllowedDomainsList", "", "Accounts", public=True),
        _row("Accounts_LoginExpiration", 90, "Accounts", public=True),
        _row("Accounts_ManuallyApproveNewUsers", False, "Accounts", public=True),
        _row("Accounts_RegistrationForm", "Public", "Accounts", public=True),
        _row("Accounts_Registration_AuthenticationServices_Default_Roles", "user", "Accounts"),
        _row("Accounts_Registration_AuthenticationServices_Enabled", True, "Accounts", public=True),
        _row("Accounts_Registration_Users_Default_Roles", "user", "Accounts"),
        _row("Accounts_ShowFormLogin", True, "Accounts", public=True),
        _row("Accounts_Verify_Email_For_External_Accounts", True, "Accounts", public=True),
        _row("Accounts_OAuth_Github", False, "OAuth", public=True),
        _row("Accounts_OAuth_Github_id", "", "OAuth"),
        _row("Accounts_OAuth_Github_secret", "", "OAuth"),
        _row(_2FA + "Enabled", True, "Accounts", public=True),
        _row(_2FA + "By_TOTP_Enabled", True, "Accounts", public=True),
        _row(_2FA + "By_Email_Enabled", True, "Accounts", public=True),
        _row(_2FA + "By_Email_Auto_Opt_In", True, "Accounts"),
        _row(_2FA + "Enforce_Password_Fallback", True, "Accounts", public=True),
        _row(_2FA + "Max_Invalid_Email_OTP_Code_Attempts", 5, "Accounts"),
        _row(_2FA + "RememberFor", 1800, "Accounts"),
        _row("E2E_Enable", False, "E2E Encryption", public=True),
        _row("E2E_Enabled_Default_DirectRooms", False, "E2E Encryption", public=True),
        _row("E2E_Enabled_Default_PrivateRooms", False, "E2E Encryption", public=True),
        _row("E2E_Force_Encryption_For_Private_Rooms", False, "E2E Encryption", public=True),
        _row("FileUpload_Enabled", True, "FileUpload", public=True),
        _row("FileUpload_MaxFileSize", 104857600, "FileUpload", public=True),
        _row("Message_AllowDeleting", True, "Message", public=True),
        _row("Message_AllowDeleting_BlockDeleteInMinutes", 0, "Message", public=True),
        _row("Message_AllowEditing", True, "Message", public=True),
        _row("Message_AllowEditing_BlockEditInMinutes", 0, "Message", public=True),
        _row("Message_AllowPinning", True, "Message", public=True),
        _row("Message_AllowUnrecognizedSlashCommand", False, "Message", public=True),
        _row("Message_KeepHistory", False, "Message", public=True),
        _row("Message_MaxAllowedSize", 5000, "Message", public=True),
        _row("Threads_enabled", True, "Threads", public=True),
        _row("SMTP_Host", "", "Email"),
        _row("SMTP_Username", "", "Email"),
        _row("UI_Use_Real_Name", False, "Layout", public=True),
    ]
    if modern_flow:
        rows.append(_row("Accounts_OAuth_Use_Modern_Flow", False, "OAuth", public=True))
    return rows


def seed(settings: Settings, rows: list[Setting]) -> None:
    """Adds them all."""
    for row in rows:
        settings.add(row)
