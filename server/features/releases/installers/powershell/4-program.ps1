
# ------------------------------------------------------------------------------------------------- the program of the service

# A Windows service has to answer the service manager, which an executable of Node cannot. This small program does, and runs the agent as its
# child: it starts the one that current.txt names, starts it again when it ends, asks it to stop as Ctrl+C would, and takes all that it has
# started with it. An update that does not get Online it takes back, as the script start-agent does elsewhere (docs/decisions/agent-updates.md).
# It is compiled on the host by the compiler that is part of every Windows, which knows C# 5.
$serviceSource = @'
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.ServiceProcess;
using System.Text;
using System.Text.RegularExpressions;
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
    int lastCode = -1;
    string watched = "";
    readonly Stopwatch watch = new Stopwatch();

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
            Dictionary<string, string> update = Decide();
            int code = RunOnce(update);
            if (stopped.WaitOne(0)) return;
            lastCode = code;
            if (code == NeedsPerson && ReadUpdate() == null) { ExitCode = NeedsPerson; new Thread(Stop).Start(); return; }
            stopped.WaitOne(2000);
        }
    }

    // @param update the one that the new executable has to get Online for; null: none is under way
    int RunOnce(Dictionary<string, string> update)
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
            start.EnvironmentVariables["MUSTER_AGENT_STARTER_PID"] = Process.GetCurrentProcess().Id.ToString();
            // it tells of itself there; what is there now is of the one before it
            if (update != null) File.Delete(Path.Combine(data, "state.json"));
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
                while (!fresh.WaitForExit(500))
                {
                    if (stopped.WaitOne(0) && !fresh.WaitForExit(StopMs)) fresh.Kill();
                    if (update == null) continue;
                    update = ReadUpdate();
                    if (update == null || stopped.WaitOne(0) || watch.Elapsed.TotalSeconds < int.Parse(update["seconds"])) continue;
                    Interrupt(fresh);
                    if (!fresh.WaitForExit(10000)) fresh.Kill();
                    fresh.WaitForExit();
                    update = ReadUpdate();
                    if (update != null) GoBack(update, "was not Online within " + update["seconds"] + " s");
                    break;
                }
                agent = null;
                return fresh.ExitCode;
            }
        }
        catch (Exception error) { Write("the agent cannot be started: " + error.Message); return 1; }
        finally { CloseHandle(job); }
    }

    string RecordFile { get { return Path.Combine(data, "update", "state"); } }
    string CurrentFile { get { return Path.Combine(folder, "current.txt"); } }
    string StartFile(int number) { return Path.Combine(data, "update", "start-" + number); }

    // What is known of an update: lines of a key and a value. null: none is under way.
    Dictionary<string, string> ReadUpdate()
    {
        Dictionary<string, string> facts = new Dictionary<string, string>();
        foreach (string line in ReadShared(RecordFile).Split('\n'))
        {
            int space = line.IndexOf(' ');
            if (space > 0) facts[line.Substring(0, space)] = line.Substring(space + 1).Trim();
        }
        foreach (string key in new string[] { "update", "state", "next", "before", "next-version", "before-version", "seconds" })
            if (!facts.ContainsKey(key)) return null;
        int seconds;
        bool isWhole = Regex.IsMatch(facts["next"] + facts["before"], "^[A-Za-z0-9.+_-]+$") && int.TryParse(facts["seconds"], out seconds);
        return facts["state"] == "switching" && isWhole ? facts : null;
    }

    // The agent may replace the file meanwhile. Nothing, if it is not there.
    static string ReadShared(string file)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                using (FileStream stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
                using (StreamReader reader = new StreamReader(stream)) return reader.ReadToEnd();
            }
            catch (FileNotFoundException) { return ""; }
            catch (DirectoryNotFoundException) { return ""; }
            catch (IOException) { if (tries == 20) throw; }
            catch (UnauthorizedAccessException) { if (tries == 20) throw; }
            Thread.Sleep(50);
        }
    }

    // The new executable has three starts, and a time, until the agent writes another state because its server has welcomed it.
    // @returns the update, if the new executable is to be started now
    Dictionary<string, string> Decide()
    {
        try
        {
            Dictionary<string, string> update = ReadUpdate();
            if (update == null) return null;
            if (watched != update["update"]) { watched = update["update"]; watch.Restart(); }
            if (File.ReadAllText(CurrentFile).Trim() != update["next"])
            {
                // the host went down before it was switched, and the server orders it again; or while it was taken back
                if (StartsLeft() == 3) File.Delete(RecordFile);
                else NoteEnd(update, "rolled_back", "The update to " + update["next-version"] + " was cut off, and " + update["before-version"] + " was put back.");
            }
            else if (!File.Exists(Path.Combine(folder, update["next"]))) GoBack(update, "cannot be executed");
            else if (!TakeStart()) GoBack(update, "ended again and again before it was Online" + (lastCode < 0 ? "" : " (exit code " + lastCode + " at the last)"));
            return ReadUpdate();
        }
        catch (Exception error) { Write("the update cannot be looked at: " + error.Message); return null; }
    }

    int StartsLeft()
    {
        int count = 0;
        for (int number = 1; number <= 3; number++) if (File.Exists(StartFile(number))) count++;
        return count;
    }

    // By removing a file, which a full disk lets one do.
    bool TakeStart()
    {
        for (int number = 1; number <= 3; number++)
        {
            if (!File.Exists(StartFile(number))) continue;
            try { File.Delete(StartFile(number)); return true; }
            catch (IOException) { return false; }
            catch (UnauthorizedAccessException) { return false; }
        }
        return false;
    }

    void GoBack(Dictionary<string, string> update, string why)
    {
        string sentence = "The agent " + update["next-version"] + " " + why + Said();
        if (!File.Exists(Path.Combine(folder, update["before"]))) { NoteEnd(update, "failed", sentence + ". The one before it is not there any more."); return; }
        try { WriteWhole(CurrentFile, update["before"]); }
        catch (Exception error) { NoteEnd(update, "failed", sentence + ". The one before it could not be put back: " + error.Message); return; }
        NoteEnd(update, "rolled_back", sentence + ". The one before it, " + update["before-version"] + ", was put back.");
    }

    string Said()
    {
        Match why = Regex.Match(ReadShared(Path.Combine(data, "state.json")), "\"why\":\"([^\"\\\\]{1,500})");
        return why.Success ? ". It said: " + why.Groups[1].Value.TrimEnd('.') : "";
    }

    // Where that cannot be written, the agent that is started now has nothing to tell, and the server finds out by itself.
    void NoteEnd(Dictionary<string, string> update, string state, string sentence)
    {
        Write(sentence);
        try { WriteWhole(RecordFile, "update " + update["update"] + "\nstate " + state + "\nmessage " + sentence + "\n"); }
        catch (IOException) { File.Delete(RecordFile); }
        for (int number = 1; number <= 3; number++) File.Delete(StartFile(number));
    }

    static void WriteWhole(string file, string text)
    {
        File.WriteAllText(file + ".new", text, new UTF8Encoding(false));
        if (File.Exists(file)) File.Replace(file + ".new", file, null); else File.Move(file + ".new", file);
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

