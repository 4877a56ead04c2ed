@echo off
rem Relief Register: the command for Windows, the twin of the file "relief".
rem Lists need sqlite3.exe or Python. --version and --self-test need neither.

setlocal
set "HERE=%~dp0"
set "NEEDED=1.0"
set "RELEASE="
for /f "usebackq delims=" %%V in ("%HERE%VERSION") do if not defined RELEASE set "RELEASE=%%V"

if "%~1"=="list" goto list
if "%~1"=="help" goto help
if "%~1"=="--version" goto version
if "%~1"=="--self-test" goto selftest
if "%~1"=="" goto usage
if "%~1"=="--help" goto usage
call :usagetext 1>&2
exit /b 2

:usage
call :usagetext
exit /b 0

:usagetext
echo usage: relief list REPORT [DATABASE]   show a report (people, shelters, stock, ...)
echo        relief help                     open the help pages
echo        relief --version                say which release this is
echo        relief --self-test [DATABASE]   check this program, and that the database is there
exit /b 0

:version
echo Relief Register %RELEASE%
exit /b 0

:settings
rem The settings of this place start as a copy of the defaults.
if not exist "%HERE%settings.ini" copy "%HERE%settings.default.ini" "%HERE%settings.ini" >nul 2>nul
exit /b 0

:pages
rem Sets PAGES to what the settings say.
set "PAGES="
set "INI=%HERE%settings.ini"
if not exist "%INI%" set "INI=%HERE%settings.default.ini"
for /f "usebackq eol=; tokens=1,2 delims== " %%K in ("%INI%") do if "%%K"=="pages" set "PAGES=%%L"
exit /b 0

:help
call :settings
call :pages
start "" "%HERE%%PAGES%\index.html"
exit /b 0

:list
if "%~2"=="" call :usagetext 1>&2& exit /b 2
call :settings
set "REPORT=%HERE%reports\%~2.sql"
set "DATABASE=%~3"
if "%DATABASE%"=="" set "DATABASE=%HERE%data\relief.db"
if not exist "%REPORT%" echo relief: there is no report "%~2" 1>&2& exit /b 1
if not exist "%DATABASE%" echo relief: the register "%DATABASE%" is not there 1>&2& exit /b 1
chcp 65001 >nul
call :which sqlite3.exe
if defined FOUND goto list_sqlite3
call :which py.exe
if not defined FOUND call :which python.exe
if defined FOUND goto list_python
echo relief: a list needs sqlite3.exe or Python, and neither is installed here 1>&2
exit /b 1

:list_sqlite3
"%FOUND%" -readonly -batch -bail -header -column "%DATABASE%" < "%REPORT%"
exit /b %ERRORLEVEL%

:list_python
set "URI=%DATABASE:\=/%"
"%FOUND%" -B "%HERE%lib\query.py" "file:///%URI%?mode=ro" "%REPORT%"
exit /b %ERRORLEVEL%

:which
rem Sets FOUND to where a program is on the search path, or to nothing.
set "FOUND=%~$PATH:1"
exit /b 0

:selftest
rem The database itself is checked by the twin, and by the updater that calls this.
set "FAULTS=0"
set "FILES=0"
set "DATABASE=%~2"
if "%DATABASE%"=="" set "DATABASE=%HERE%data\relief.db"
if "%RELEASE%"=="%NEEDED%" (echo ok       release: %NEEDED%) else call :failed "release: the program is %NEEDED%, but VERSION says %RELEASE%"
for /f "usebackq delims=" %%F in ("%HERE%lib\files.list") do call :onefile "%%F"
if "%FAULTS%"=="0" echo ok       files: all %FILES% are there
call :pages
if exist "%HERE%%PAGES%\index.html" (echo ok       settings: the pages are in "%PAGES%") else call :failed "settings: pages = %PAGES% names a folder without an index.html"
if exist "%DATABASE%" (echo ok       database: it is there) else call :failed "database: it is not there"
if "%FAULTS%"=="0" exit /b 0
exit /b 1

:onefile
set /a FILES+=1 >nul
set "NAME=%~1"
set "NAME=%NAME:/=\%"
if not exist "%HERE%%NAME%" call :failed "files: missing %NAME%"
exit /b 0

:failed
set /a FAULTS+=1 >nul
echo FAILED   %~1
exit /b 0
