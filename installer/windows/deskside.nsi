; The installer for Windows 10 and later, 64 bits: per machine, in place of an older version, silent with /S.
;
;   Deskside-setup.exe /S                    installs or upgrades
;   "C:\Program Files\Deskside\uninstall.exe" /S    removes; what users wrote and IT's policy stay
;
; Exit codes: 0 done, 1 the user said no, 2 something failed (NSIS's own), 3 a newer version is installed, 4 this Windows
; is too old, 5 files could not be replaced.
;
; Made by `cargo xtask package`, which lays the files into SOURCE and says:
;   SOURCE   folder of what is installed        OUT      the installer to be made
;   VERSION  as shown                           NUMBERS  the same as four numbers
;   FAST     (for tests) does not compress

Unicode true
Target amd64-unicode
ManifestSupportedOS Win10
ManifestDPIAware true
RequestExecutionLevel admin
!ifdef FAST
  SetCompress off
!else
  SetCompressor /SOLID lzma
  ; Larger than both copies of the agent together, so that the second costs nothing.
  SetCompressorDictSize 64
!endif

!include LogicLib.nsh
!include MUI2.nsh
!include FileFunc.nsh
!include WinVer.nsh
!include WordFunc.nsh

Name "Deskside"
OutFile "${OUT}"
BrandingText "Deskside ${VERSION}"
InstallDir "$PROGRAMFILES64\Deskside"

VIProductVersion "${NUMBERS}"
VIAddVersionKey "ProductName" "Deskside"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Deskside"
VIAddVersionKey "LegalCopyright" "MIT OR Apache-2.0"

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Deskside"
!define RUN "Software\Microsoft\Windows\CurrentVersion\Run"
!define LINK "Software\Classes\deskside"
; What the agent calls itself when it shows a notification (crates/agent/src/notify.rs).
!define APP "Software\Classes\AppUserModelId\Deskside.Agent"
!define APP_PATH "Software\Microsoft\Windows\CurrentVersion\App Paths\deskside.exe"
!define WEBVIEW "Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"

!define MUI_ICON "${SOURCE}\deskside.ico"
!define MUI_UNICON "${SOURCE}\deskside.ico"
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "French"

LangString Comment ${LANG_ENGLISH} "Report a problem to the helpdesk and follow your requests"
LangString Comment ${LANG_FRENCH} "Signaler un problème à l’assistance et suivre vos demandes"
LangString TooOld ${LANG_ENGLISH} "Deskside needs Windows 10 or later."
LangString TooOld ${LANG_FRENCH} "Deskside a besoin de Windows 10 ou plus récent."
LangString Newer ${LANG_ENGLISH} "A newer version of Deskside is installed. Remove it first; what you wrote stays."
LangString Newer ${LANG_FRENCH} "Une version plus récente de Deskside est installée. Désinstallez-la d’abord ; vos demandes sont conservées."
LangString InUse ${LANG_ENGLISH} "The files of Deskside could not be replaced. Restart the computer, then try again."
LangString InUse ${LANG_FRENCH} "Les fichiers de Deskside n’ont pas pu être remplacés. Redémarrez l’ordinateur, puis réessayez."
LangString NoWebView ${LANG_ENGLISH} "Deskside’s window needs the Microsoft Edge WebView2 Runtime, which this computer lacks. Until it is installed, Deskside works from the command line only."
LangString NoWebView ${LANG_FRENCH} "La fenêtre de Deskside a besoin de Microsoft Edge WebView2 Runtime, absent de cet ordinateur. En attendant, Deskside ne fonctionne qu’en ligne de commande."

; Asks this user's agent to end, which then writes down what is half done, and ends those of other users: whatever an agent
; has answered is durable, and what a user writes is kept at every pause.
!macro Stop un
  Function ${un}Stop
    ${If} ${FileExists} "$INSTDIR\deskside.exe"
      nsExec::Exec /TIMEOUT=20000 '"$INSTDIR\deskside.exe" quit'
      Pop $0
    ${EndIf}
    nsExec::Exec /TIMEOUT=20000 '"$SYSDIR\taskkill.exe" /F /IM deskside-agent.exe'
    Pop $0
    nsExec::Exec /TIMEOUT=20000 '"$SYSDIR\taskkill.exe" /F /IM deskside-window.exe'
    Pop $0
    nsExec::Exec /TIMEOUT=20000 '"$SYSDIR\taskkill.exe" /F /IM deskside.exe'
    Pop $0
  FunctionEnd
!macroend
!insertmacro Stop ""
!insertmacro Stop "un."

; A program that runs cannot be overwritten, but it can be renamed; what is left of it goes now or at the next restart.
!macro Replace name
  ${If} ${FileExists} "$INSTDIR\${name}"
    Delete "$INSTDIR\${name}.old"
    Rename "$INSTDIR\${name}" "$INSTDIR\${name}.old"
    Delete /REBOOTOK "$INSTDIR\${name}.old"
  ${EndIf}
  ; Neither of the two failing matters, unless the file then cannot be written.
  ClearErrors
  File "${SOURCE}\${name}"
  ${If} ${Errors}
    Call Failed
  ${EndIf}
!macroend

Function Failed
  MessageBox MB_OK|MB_ICONSTOP "$(InUse)" /SD IDOK
  SetErrorLevel 5
  Abort
FunctionEnd

Function .onInit
  SetRegView 64
  SetShellVarContext all
  ${IfNot} ${AtLeastWin10}
    MessageBox MB_OK|MB_ICONSTOP "$(TooOld)" /SD IDOK
    SetErrorLevel 4
    Quit
  ${EndIf}
  ; An upgrade goes where the older version is.
  ReadRegStr $0 HKLM "${UNINSTALL}" "InstallLocation"
  ${If} $0 != ""
    StrCpy $INSTDIR $0
  ${EndIf}
  ; A store of a newer version would be left alone, and requests would be kept nowhere.
  ReadRegStr $0 HKLM "${UNINSTALL}" "Numbers"
  ${If} $0 != ""
    ${VersionCompare} "${NUMBERS}" $0 $1
    ${If} $1 == 2
      MessageBox MB_OK|MB_ICONSTOP "$(Newer)" /SD IDOK
      SetErrorLevel 3
      Quit
    ${EndIf}
  ${EndIf}
FunctionEnd

Section "Deskside"
  SetRegView 64
  SetShellVarContext all
  Call Stop
  SetOutPath "$INSTDIR"
  SetOverwrite try
  !insertmacro Replace "deskside.exe"
  !insertmacro Replace "deskside-agent.exe"
  !insertmacro Replace "deskside-window.exe"
  !insertmacro Replace "WebView2Loader.dll"
  !insertmacro Replace "deskside.ico"
  ClearErrors
  File "${SOURCE}\third-party.txt"
  SetOutPath "$INSTDIR\policy"
  File "${SOURCE}\policy\policy.toml"
  File "${SOURCE}\policy\deskside.admx"
  SetOutPath "$INSTDIR\policy\en-US"
  File "${SOURCE}\policy\en-US\deskside.adml"
  SetOutPath "$INSTDIR\policy\fr-FR"
  File "${SOURCE}\policy\fr-FR\deskside.adml"
  SetOutPath "$INSTDIR"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  ${If} ${Errors}
    Call Failed
  ${EndIf}

  CreateShortcut "$SMPROGRAMS\Deskside.lnk" "$INSTDIR\deskside-agent.exe" "show" "$INSTDIR\deskside.ico" 0 SW_SHOWNORMAL "" "$(Comment)"

  ; The icon in the tray of every session. A user who switched it off in Deskside is asked nothing: the agent looks.
  WriteRegStr HKLM "${RUN}" "Deskside" '"$INSTDIR\deskside-agent.exe" run --at-sign-in'
  ; deskside:// links. A link only suggests a text; the window shows it and asks.
  WriteRegStr HKLM "${LINK}" "" "URL:Deskside"
  WriteRegStr HKLM "${LINK}" "URL Protocol" ""
  WriteRegStr HKLM "${LINK}\DefaultIcon" "" "$INSTDIR\deskside.ico"
  WriteRegStr HKLM "${LINK}\shell\open\command" "" '"$INSTDIR\deskside-agent.exe" open "%1"'
  ; Who shows our notifications.
  WriteRegStr HKLM "${APP}" "DisplayName" "Deskside"
  WriteRegStr HKLM "${APP}" "IconUri" "$INSTDIR\deskside.ico"
  ; The command line, by its name alone.
  WriteRegStr HKLM "${APP_PATH}" "" "$INSTDIR\deskside.exe"

  WriteRegStr HKLM "${UNINSTALL}" "DisplayName" "Deskside"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKLM "${UNINSTALL}" "Numbers" "${NUMBERS}"
  WriteRegStr HKLM "${UNINSTALL}" "Publisher" "Deskside"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayIcon" "$INSTDIR\deskside.ico"
  WriteRegStr HKLM "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKLM "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKLM "${UNINSTALL}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKLM "${UNINSTALL}" "EstimatedSize" $0

  Call NeedWebView
  ${IfNot} ${Silent}
    ; By the desktop, so that it runs with the user's rights and not with the installer's.
    Exec '"$WINDIR\explorer.exe" "$SMPROGRAMS\Deskside.lnk"'
  ${EndIf}
SectionEnd

; Where the runtime's version is: https://learn.microsoft.com/microsoft-edge/webview2/concepts/distribution
Function NeedWebView
  ReadRegStr $0 HKLM "SOFTWARE\WOW6432Node\${WEBVIEW}" "pv"
  ${If} $0 == ""
    ReadRegStr $0 HKCU "Software\${WEBVIEW}" "pv"
  ${EndIf}
  ${If} $0 == ""
  ${OrIf} $0 == "0.0.0.0"
    DetailPrint "$(NoWebView)"
    MessageBox MB_OK|MB_ICONINFORMATION "$(NoWebView)" /SD IDOK
  ${EndIf}
FunctionEnd

Function un.onInit
  SetRegView 64
  SetShellVarContext all
FunctionEnd

; Only what the installer brought. A policy that IT laid beside it stays, and with it the folder.
Section "Uninstall"
  SetRegView 64
  SetShellVarContext all
  Call un.Stop
  Delete "$SMPROGRAMS\Deskside.lnk"
  DeleteRegValue HKLM "${RUN}" "Deskside"
  DeleteRegKey HKLM "${LINK}"
  DeleteRegKey HKLM "${APP}"
  DeleteRegKey HKLM "${APP_PATH}"
  Delete /REBOOTOK "$INSTDIR\deskside.exe"
  Delete /REBOOTOK "$INSTDIR\deskside-agent.exe"
  Delete /REBOOTOK "$INSTDIR\deskside-window.exe"
  Delete /REBOOTOK "$INSTDIR\WebView2Loader.dll"
  Delete /REBOOTOK "$INSTDIR\deskside.exe.old"
  Delete /REBOOTOK "$INSTDIR\deskside-agent.exe.old"
  Delete /REBOOTOK "$INSTDIR\deskside-window.exe.old"
  Delete /REBOOTOK "$INSTDIR\WebView2Loader.dll.old"
  Delete "$INSTDIR\deskside.ico"
  Delete "$INSTDIR\deskside.ico.old"
  Delete "$INSTDIR\third-party.txt"
  Delete "$INSTDIR\policy\policy.toml"
  Delete "$INSTDIR\policy\deskside.admx"
  Delete "$INSTDIR\policy\en-US\deskside.adml"
  Delete "$INSTDIR\policy\fr-FR\deskside.adml"
  RMDir "$INSTDIR\policy\en-US"
  RMDir "$INSTDIR\policy\fr-FR"
  RMDir "$INSTDIR\policy"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  DeleteRegKey HKLM "${UNINSTALL}"
SectionEnd
