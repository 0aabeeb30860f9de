
# -------------------------------------------------------------------------------------------------------------- service

# A Windows service has to answer the service manager, which an executable of Node cannot. This small program does, and runs the agent as its
# child: it starts the one that current.txt names, starts it again when it ends, asks it to stop as Ctrl+C would, and takes all that it has
# started with it. It is compiled on the host by the compiler that is part of every Windows, which knows C# 5.
$serviceSource = @'
using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.ServiceProcess;
using System.Threading;

class MusterAgentService : ServiceBase
{
    const int NeedsPerson = 78;
    const int StopMs = 50000;
    const long LogBytes = 10 * 1024 * 1024;

    readonly string folder = AppDomain.CurrentDomain.BaseDirectory;
    readonly object gate = new object();
    readonly ManualResetEvent stopped = new ManualResetEvent(false);
    string data;
    StreamWriter log;
    Process agent;
    Thread keeper;

    static void Main() { Run(new MusterAgentService()); }

    MusterAgentService() { ServiceName = "MusterAgent"; CanShutdown = true; }

    protected override void OnStart(string[] args)
    {
        data = File.ReadAllText(Path.Combine(folder, "data-dir.txt")).Trim();
        keeper = new Thread(Keep);
        keeper.Start();
    }

    protected override void OnShutdown() { OnStop(); }

    protected override void OnStop()
    {
        RequestAdditionalTime(StopMs + 10000);
        stopped.Set();
        Process running = agent;
        if (running != null) Interrupt(running);
        keeper.Join(StopMs + 5000);
    }

    void Keep()
    {
        while (!stopped.WaitOne(0))
        {
            int code = RunOnce();
            if (stopped.WaitOne(0)) return;
            if (code == NeedsPerson) { ExitCode = NeedsPerson; new Thread(Stop).Start(); return; }
            stopped.WaitOne(2000);
        }
    }

    int RunOnce()
    {
        IntPtr job = NewJob();
        try
        {
            string file = Path.Combine(folder, File.ReadAllText(Path.Combine(folder, "current.txt")).Trim());
            ProcessStartInfo start = new ProcessStartInfo(file, "run --dir \"" + data + "\"");
            start.UseShellExecute = false;
            start.CreateNoWindow = true;
            start.RedirectStandardOutput = true;
            start.RedirectStandardError = true;
            start.WorkingDirectory = data;
            using (Process fresh = new Process())
            {
                fresh.StartInfo = start;
                fresh.OutputDataReceived += Note;
                fresh.ErrorDataReceived += Note;
                fresh.Start();
                AssignProcessToJobObject(job, fresh.Handle);
                fresh.BeginOutputReadLine();
                fresh.BeginErrorReadLine();
                agent = fresh;
                while (!fresh.WaitForExit(500)) if (stopped.WaitOne(0) && !fresh.WaitForExit(StopMs)) fresh.Kill();
                agent = null;
                return fresh.ExitCode;
            }
        }
        catch (Exception error) { Write("the agent cannot be started: " + error.Message); return 1; }
        finally { CloseHandle(job); }
    }

    void Note(object sender, DataReceivedEventArgs line) { if (line.Data != null) Write(line.Data); }

    void Write(string line)
    {
        lock (gate)
        {
            try
            {
                string file = Path.Combine(data, "agent.log");
                if (log != null && log.BaseStream.Length > LogBytes) { log.Dispose(); log = null; File.Copy(file, file + ".1", true); File.Delete(file); }
                if (log == null) { log = new StreamWriter(new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)); log.AutoFlush = true; }
                log.WriteLine(line);
            }
            catch (IOException) { }
        }
    }

    static void Interrupt(Process process)
    {
        FreeConsole();
        if (!AttachConsole((uint)process.Id)) return;
        SetConsoleCtrlHandler(IntPtr.Zero, true);
        GenerateConsoleCtrlEvent(0, 0);
        Thread.Sleep(200);
        FreeConsole();
    }

    static IntPtr NewJob()
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
    [DllImport("kernel32.dll")] static extern bool AssignProcessToJobObject(IntPtr job, IntPtr process);
    [DllImport("kernel32.dll")] static extern bool CloseHandle(IntPtr handle);
    [DllImport("kernel32.dll")] static extern bool AttachConsole(uint process);
    [DllImport("kernel32.dll")] static extern bool FreeConsole();
    [DllImport("kernel32.dll")] static extern bool SetConsoleCtrlHandler(IntPtr handler, bool add);
    [DllImport("kernel32.dll")] static extern bool GenerateConsoleCtrlEvent(uint kind, uint group);
}
'@

function Install-Service([string]$work) {
  if ($NoService) { return }
  [IO.File]::WriteAllText((Join-Path $Prefix 'data-dir.txt'), $DataDir)
  $program = Join-Path $Prefix 'muster-agent-service.exe'
  $source = Join-Path $work 'service.cs'
  $compiler = Join-Path $env:SystemRoot 'Microsoft.NET\Framework64\v4.0.30319\csc.exe'
  if (-not (Test-Path -LiteralPath $compiler)) { Stop-Here 3 'This Windows has no .NET Framework 4, which the service needs: install it, or choose -NoService.' }
  [IO.File]::WriteAllText($source, $serviceSource)
  $compiled = Join-Path $work 'muster-agent-service.exe'
  $complaint = Invoke-Program $compiler @('/nologo', '/optimize+', '/target:exe', "/out:$compiled", '/reference:System.ServiceProcess.dll', $source)
  if ($LASTEXITCODE -ne 0) { Stop-Here 3 "The service cannot be compiled ($complaint)." }
  Move-Item -LiteralPath $compiled -Destination $program -Force
  if (-not (Get-Service -Name $serviceName -ErrorAction SilentlyContinue)) {
    New-Service -Name $serviceName -BinaryPathName "`"$program`"" -DisplayName 'Muster agent' -Description "Runs work for the Muster server at $url." -StartupType Automatic | Out-Null
  }
  # the program starts the agent again by itself; this is for the program
  & sc.exe failure $serviceName 'reset=' 86400 'actions=' 'restart/5000/restart/5000/restart/30000' | Out-Null
}

function Start-Agent {
  if (-not $NoService) {
    Start-Service -Name $serviceName
    return
  }
  $options = @('run', '--dir', "`"$DataDir`"")
  Start-Process -FilePath (Join-Path $Prefix (Get-Current)) -ArgumentList $options -WindowStyle Hidden
}

function Stop-Agent {
  $service = Get-Service -Name $serviceName -ErrorAction SilentlyContinue
  if ($service -and $service.Status -ne 'Stopped' -and -not $NoService) {
    Stop-Service -Name $serviceName -Force
    $service.WaitForStatus('Stopped', [TimeSpan]::FromSeconds(90))
  }
  # one that was started without the service: the holder of the lock of the folder
  $lock = Read-JsonFile (Join-Path $DataDir 'agent.lock')
  if (-not $lock) { return }
  $process = Get-Process -Id $lock.pid -ErrorAction SilentlyContinue
  if ($process -and $process.ProcessName -like 'muster-agent*') {
    Stop-Process -Id $lock.pid -Force
    $process.WaitForExit(10000) | Out-Null
  }
}

function Uninstall-Service {
  if ($NoService -or -not (Get-Service -Name $serviceName -ErrorAction SilentlyContinue)) { return }
  & sc.exe delete $serviceName | Out-Null
}
