@echo off
rem Runs the update that lies beside this file, without a question and without a window, and says in one sentence what happened.
rem Never waits for a key: deployment tools run it, too. The exit code is that of update.exe (2 when there is none).
rem
rem     update-silently.cmd [options of update.exe]        such as  --app "C:\Programs\Relief"  or  --test
rem
rem Take the 32-bit update.exe when a machine may have a 32-bit Windows; it runs on every Windows.
setlocal EnableExtensions DisableDelayedExpansion
rem Nothing below stands in brackets: a path such as "D:\Kit (2) & more" would end a block.

rem A variable of this name would hide the real exit code.
set "ERRORLEVEL="
set "exe=%~dp0update.exe"
set "logs=%~dp0holdfast-logs"
set "code=2"
set "said=update.exe is not beside update-silently.cmd; nothing was done."
if not exist "%exe%" goto say

call :newest before
rem A batch file waits for a program with a window only when it is told to. The dot keeps the last backslash from escaping the quote.
start "" /wait "%exe%" --silent --stick "%~dp0." %*
set "code=%ERRORLEVEL%"
call :newest after

set "said=The update ended with code %code%; the log says more."
if "%code%"=="0" set "said=Done: the new version is in place."
if "%code%"=="3010" set "said=Done: the new version is in place; restart the computer when it suits, so that left-over files can be removed."
if "%code%"=="112" set "said=Not done: there is not enough free space. Program and data are as before; make room, then run it again."
if "%code%"=="216" set "said=Not done: this update.exe is for a 64-bit Windows. Use the 32-bit one here."
if "%code%"=="740" set "said=Not done: the application's folder needs administrator rights. Run this from a command prompt that was started as administrator."
if "%code%"=="1602" set "said=Cancelled: program and data are as before."
if "%code%"=="1603" set "said=Not done: the update was refused or failed. Program and data are as before; the log says why."
if "%code%"=="1604" set "said=FAILED AND NOT RESTORED: do not start the application. Keep this computer as it is and call whoever made the update."
if "%code%"=="1605" set "said=Not done: the application was not found. Name its folder: update-silently.cmd --app FOLDER"
if "%code%"=="1618" set "said=Not now: the application is in use, or another update is at work. Program and data are as before; close the application and run it again."
if "%code%"=="1620" set "said=Not done: the update file is damaged. Program and data are as before; copy it to the stick again."
if "%code%"=="1638" set "said=Nothing to do: this version or a newer one is already in place."
if "%code%"=="1639" set "said=Not done: the command line is not right. update.exe --help lists what is possible."
if "%code%"=="1642" set "said=Not done: this update does not fit what is installed here. Program and data are as before."

:say
echo %said%
if "%code%"=="2" goto end
if not "%before%"=="%after%" echo Log: "%logs%\%after%"
if "%before%"=="%after%" echo Nothing was written to the stick; if there is a log, it is on this computer: .holdfast\logs in the application's folder.

:end
endlocal & exit /b %code%

rem Puts the name of this computer's newest log on the stick into the variable %1. The names end in date and time.
:newest
set "%1="
for /f "delims=" %%N in ('dir /b /o-n "%logs%\%COMPUTERNAME%-*" 2^>nul') do if not defined %1 set "%1=%%N"
exit /b
