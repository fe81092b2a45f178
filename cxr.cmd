@echo off
rem Builds the console program when needed and runs it.
dotnet build "%~dp0src\IlgpuCxr.Cli" --configuration Release --nologo --verbosity quiet || exit /b 1
dotnet "%~dp0artifacts\bin\IlgpuCxr.Cli\release\cxr.dll" %*
