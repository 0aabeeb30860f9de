
# How the program of the service takes an update back that does not get Online.
$serviceSources.Update = @'
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;

partial class MusterAgentService
{
    // the update whose time runs
    string watched = "";
    readonly Stopwatch watch = new Stopwatch();

    bool IsUpdating()
    {
        try { return ReadUpdate() != null; }
        catch (Exception error) { Write("the update cannot be looked at: " + error.Message); return true; }
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
        catch (Exception) { File.Delete(RecordFile); }
        for (int number = 1; number <= 3; number++) File.Delete(StartFile(number));
    }

    static void WriteWhole(string file, string text)
    {
        File.WriteAllText(file + ".new", text, new UTF8Encoding(false));
        if (File.Exists(file)) File.Replace(file + ".new", file, null); else File.Move(file + ".new", file);
    }
}
'@
