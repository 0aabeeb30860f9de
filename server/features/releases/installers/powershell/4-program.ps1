
# ------------------------------------------------------------------------------------------------- the program of the service

# A Windows service has to answer the service manager, which an executable of Node cannot. This small program does, and runs the agent as its
# child: it starts the one that current.txt names, starts it again when it ends, asks it to stop as Ctrl+C would, and takes all that it has
# started with it. An update that does not get Online it takes back, as the script start-agent does elsewhere (docs/decisions/agent-updates.md).
# It is compiled on the host by the compiler that is part of every Windows, which knows C# 5.
$serviceSources.Service = @'
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.ServiceProcess;
using System.Text;
using System.Threading;

partial class MusterAgentService : ServiceBase
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

    static void Main() { Run(new MusterAgentService()); }

    MusterAgentService() { ServiceName = "MusterAgent"; CanShutdown = true; }

    protected override void OnStart(string[] args)
    {
        data = File.ReadAllText(Path.Combine(folder, "data-dir.txt")).Trim();
        keeper = new Thread(Keep);
        keeper.Start();
    }

    // A service may ask for more time while it stops, and not while Windows shuts down, which gives it five seconds.
    protected override void OnShutdown() { End(4000); }

    protected override void OnStop()
    {
        RequestAdditionalTime(StopMs + 10000);
        End(StopMs + 5000);
    }

    void End(int withinMs)
    {
        stopped.Set();
        Process running = agent;
        try { if (running != null) WindowsCalls.Interrupt(running); }
        // it has ended by itself meanwhile
        catch (InvalidOperationException) { }
        keeper.Join(withinMs);
    }

    void Keep()
    {
        while (!stopped.WaitOne(0))
        {
            Dictionary<string, string> update = Decide();
            int code = RunOnce(update);
            if (stopped.WaitOne(0)) return;
            lastCode = code;
            if (code == NeedsPerson && !IsUpdating()) { ExitCode = NeedsPerson; new Thread(Stop).Start(); return; }
            stopped.WaitOne(2000);
        }
    }

    // @param update the one that the new executable has to get Online for; null: none is under way
    int RunOnce(Dictionary<string, string> update)
    {
        IntPtr job = WindowsCalls.NewJob();
        try
        {
            string file = Path.Combine(folder, File.ReadAllText(Path.Combine(folder, "current.txt")).Trim());
            ProcessStartInfo start = new ProcessStartInfo(file, "run --dir \"" + data + "\"");
            start.UseShellExecute = false;
            start.CreateNoWindow = true;
            start.RedirectStandardOutput = true;
            start.RedirectStandardError = true;
            start.StandardOutputEncoding = start.StandardErrorEncoding = Encoding.UTF8;
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
                WindowsCalls.AssignProcessToJobObject(job, fresh.Handle);
                fresh.BeginOutputReadLine();
                fresh.BeginErrorReadLine();
                agent = fresh;
                while (!fresh.WaitForExit(500))
                {
                    if (stopped.WaitOne(0) && !fresh.WaitForExit(StopMs)) fresh.Kill();
                    if (update == null) continue;
                    update = ReadUpdate();
                    if (update == null || stopped.WaitOne(0) || watch.Elapsed.TotalSeconds < int.Parse(update["seconds"])) continue;
                    WindowsCalls.Interrupt(fresh);
                    if (!fresh.WaitForExit(10000)) fresh.Kill();
                    fresh.WaitForExit(10000);
                    update = ReadUpdate();
                    if (update != null) GoBack(update, "was not Online within " + update["seconds"] + " s");
                    break;
                }
                return fresh.ExitCode;
            }
        }
        catch (Exception error) { Write("the agent cannot be started: " + error.Message); return 1; }
        // with it ends all that the agent has started and has not ended
        finally { agent = null; WindowsCalls.CloseHandle(job); }
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
            // the work of a host must not end for its log
            catch (Exception) { }
        }
    }
}
'@
