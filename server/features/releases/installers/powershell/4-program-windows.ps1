
# What the program of the service asks Windows for.
$serviceSources.Windows = @'
using System;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading;

static class WindowsCalls
{
    static readonly object console = new object();

    // As Ctrl+C would. One at a time: a process has one console.
    public static void Interrupt(Process process)
    {
        lock (console)
        {
            FreeConsole();
            if (!AttachConsole((uint)process.Id)) return;
            SetConsoleCtrlHandler(IntPtr.Zero, true);
            GenerateConsoleCtrlEvent(0, 0);
            Thread.Sleep(200);
            FreeConsole();
            // an agent that is started after this would be as deaf
            SetConsoleCtrlHandler(IntPtr.Zero, false);
        }
    }

    // What holds an agent and all that it starts, and ends them when it is closed.
    public static IntPtr NewJob()
    {
        IntPtr job = CreateJobObject(IntPtr.Zero, null);
        ExtendedLimits limits = new ExtendedLimits();
        limits.Basic.LimitFlags = 0x2000;
        SetInformationJobObject(job, 9, ref limits, (uint)Marshal.SizeOf(typeof(ExtendedLimits)));
        return job;
    }

    [StructLayout(LayoutKind.Sequential)]
    struct BasicLimits { public long PerProcessTime, PerJobTime; public uint LimitFlags; public UIntPtr MinimumWorkingSet, MaximumWorkingSet; public uint ActiveProcesses; public UIntPtr Affinity; public uint PriorityClass, SchedulingClass; }

    [StructLayout(LayoutKind.Sequential)]
    struct ExtendedLimits { public BasicLimits Basic; public ulong ReadOperations, WriteOperations, OtherOperations, ReadBytes, WriteBytes, OtherBytes; public UIntPtr ProcessMemory, JobMemory, PeakProcessMemory, PeakJobMemory; }

    [DllImport("kernel32.dll", CharSet = CharSet.Unicode)] static extern IntPtr CreateJobObject(IntPtr attributes, string name);
    [DllImport("kernel32.dll")] static extern bool SetInformationJobObject(IntPtr job, int kind, ref ExtendedLimits limits, uint bytes);
    [DllImport("kernel32.dll")] public static extern bool AssignProcessToJobObject(IntPtr job, IntPtr process);
    [DllImport("kernel32.dll")] public static extern bool CloseHandle(IntPtr handle);
    [DllImport("kernel32.dll")] static extern bool AttachConsole(uint process);
    [DllImport("kernel32.dll")] static extern bool FreeConsole();
    [DllImport("kernel32.dll")] static extern bool SetConsoleCtrlHandler(IntPtr handler, bool add);
    [DllImport("kernel32.dll")] static extern bool GenerateConsoleCtrlEvent(uint kind, uint group);
}
'@
