/**
 * Loaded into a process before its own code (`node --import`): ends it in order when the process that started it is gone, however that
 * ended, so that nothing of ours goes on unseen and holds the data folder.
 *
 * JavaScript, because it is loaded before the process has turned on its cache of compiled code: for a file with types Node would load its
 * stripper into every process, which takes 15 MB.
 */
if (process.channel !== undefined && process.channel !== null) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // the listener alone would keep a process alive that has nothing left to do
  process.channel.unref();
}
