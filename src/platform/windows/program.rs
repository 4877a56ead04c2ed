//! Runs a program with a time limit in a job of its own, so that its children end with it, and without a window.

use crate::platform::said::{Said, wait};
use std::io;
use std::os::windows::io::AsRawHandle;
use std::os::windows::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use windows_sys::Win32::Foundation::{CloseHandle, HANDLE, NTSTATUS};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectExtendedLimitInformation, SetInformationJobObject, TerminateJobObject,
};
use windows_sys::Win32::System::Threading::{CREATE_NO_WINDOW, CREATE_SUSPENDED};

pub use crate::platform::said::Ended;

#[link(name = "ntdll")]
unsafe extern "system" {
    /// Lets a process that was started suspended run; the counterpart that needs no handle of its thread.
    fn NtResumeProcess(process: HANDLE) -> NTSTATUS;
}

/// Runs a program until it ends, the limit is reached, or `cancelled` says so. Returns how it ended and the last 16 KiB of its output
/// and of its errors, in that order.
pub fn run_limited(command: &mut Command, limit: Duration, cancelled: &dyn Fn() -> bool) -> io::Result<(Ended, String)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .creation_flags(CREATE_NO_WINDOW | CREATE_SUSPENDED)
        .spawn()?;
    let job = Job::of(&child);
    // SAFETY: the process is ours and has not been waited for.
    if unsafe { NtResumeProcess(child.as_raw_handle()) } < 0 {
        child.kill()?;
        return Err(io::Error::other("the program could not be started"));
    }
    let said = Said::listen(&mut child)?;
    let ended = wait(&mut child, limit, cancelled)?;
    // Children that it left behind would hold files of the stage.
    match job {
        Some(job) => job.end(),
        None => child.kill().or_else(|e| if ended == Ended::TooLate { Err(e) } else { Ok(()) })?,
    }
    child.wait()?;
    Ok((ended, said.text()))
}

/// A job, which ends all processes in it when it is closed.
struct Job(HANDLE);

impl Job {
    /// A job around a child. Before Windows 8 a process that is in a job itself may not make another: then only the child is ended.
    fn of(child: &Child) -> Option<Job> {
        // SAFETY: a job without a name.
        let job = unsafe { CreateJobObjectW(std::ptr::null(), std::ptr::null()) };
        if job.is_null() {
            return None;
        }
        let job = Job(job);
        // SAFETY: zeros are a valid value of the struct.
        let mut limits: JOBOBJECT_EXTENDED_LIMIT_INFORMATION = unsafe { std::mem::zeroed() };
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        let size = size_of_val(&limits) as u32;
        // SAFETY: the struct is the one that the class asks for, with its size; both handles are open.
        let joined = unsafe {
            SetInformationJobObject(job.0, JobObjectExtendedLimitInformation, (&raw const limits).cast(), size) != 0
                && AssignProcessToJobObject(job.0, child.as_raw_handle()) != 0
        };
        joined.then_some(job)
    }

    fn end(self) {
        // SAFETY: the job is open.
        unsafe { TerminateJobObject(self.0, 1) };
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // SAFETY: the handle is ours, and closed once.
        unsafe { CloseHandle(self.0) };
    }
}
