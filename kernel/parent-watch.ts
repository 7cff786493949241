/** Milliseconds between looks at the parent. */
const INTERVAL = 1000;

/**
 * Calls once when the process that started the kernel has gone, so that no kernel outlives its server.
 * JPY_PARENT_PID names the server where Jupyter set it; the process's own parent may be a launcher.
 */
export function watchParent(parent: number, gone: () => void): NodeJS.Timeout {
  const named = Number(process.env.JPY_PARENT_PID);
  const server = Number.isInteger(named) && named > 1 ? named : null;
  const timer = setInterval(() => {
    const adopted = server !== null && process.ppid !== parent;
    if (!adopted && (server === null || isAlive(server))) return;
    clearInterval(timer);
    gone();
  }, INTERVAL);
  timer.unref();
  return timer;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}
