import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../cluster/cache.js';
import { ServerProcess, freePorts, sleep } from '../cluster/child-process.js';

const LAB = '@streamcell/lab';

/**
 * A JupyterLab server of the checkout's `.venv` on a free port, with folders of its own for everything that Jupyter keeps, and with the
 * checkout's kernel, lab extension and IPython package in place of installed ones.
 *
 * Maintains the invariant that nothing of it is left after `stop`.
 */
export class JupyterServer {
  /** The folder of the notebooks. */
  readonly folder: string;
  url = '';
  readonly token = randomBytes(16).toString('hex');
  private server: ServerProcess | undefined;

  private constructor(readonly home: string) {
    this.folder = join(home, 'notebooks');
  }

  /** @param environment for the server and its kernels, beside this process's. */
  static async start(environment: Record<string, string> = {}): Promise<JupyterServer> {
    const jupyter = new JupyterServer(await mkdtemp(join(tmpdir(), 'streamcell-jupyter-')));
    await jupyter.layOut();
    try {
      await jupyter.launch(environment);
      return jupyter;
    } catch (error) {
      await jupyter.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    // It ends its kernels first, each with a moment of grace.
    await this.server?.stop(15_000);
    await rm(this.home, { recursive: true, force: true });
  }

  /** Of Jupyter's REST interface. */
  async request<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
    const response = await fetch(`${this.url}/api/${path}`, {
      method,
      headers: { Authorization: `token ${this.token}`, 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Jupyter answers ${response.status} to ${method} ${path}: ${text.slice(0, 500)}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async writeNotebook(name: string, cells: readonly string[], kernel = 'streamcell'): Promise<void> {
    const notebook = {
      cells: cells.map((source, i) => ({
        cell_type: 'code',
        id: `cell-${i}`,
        metadata: { trusted: true },
        execution_count: null,
        outputs: [],
        source,
      })),
      metadata: { kernelspec: { name: kernel, display_name: kernel } },
      nbformat: 4,
      nbformat_minor: 5,
    };
    await writeFile(join(this.folder, name), JSON.stringify(notebook, null, 1));
  }

  private async layOut(): Promise<void> {
    const root = repositoryRoot();
    const extension = join(root, 'extension/ipython/streamcell/labextension');
    if (!existsSync(join(extension, 'package.json')))
      throw new Error('The lab extension is not built: npm run build:lab');
    const data = join(this.home, 'data');
    const language = (name: string): string[] => (name === 'streamcell-sql' ? ['--language', 'sql'] : []);
    for (const [name, title] of [
      ['streamcell', 'Streamcell'],
      ['streamcell-sql', 'Streamcell SQL'],
    ]) {
      const folder = join(data, 'kernels', name);
      await mkdir(folder, { recursive: true });
      const argv = [process.execPath, join(root, 'kernel/dist/main.js'), '{connection_file}', ...language(name)];
      const spec = { argv, display_name: title, language: 'typescript', interrupt_mode: 'message' };
      await writeFile(join(folder, 'kernel.json'), JSON.stringify(spec));
    }
    await mkdir(join(data, 'labextensions/@streamcell'), { recursive: true });
    await symlink(extension, join(data, 'labextensions', LAB));
    const settings = join(this.home, 'settings/@jupyterlab/apputils-extension');
    await mkdir(settings, { recursive: true });
    // No question about news stands before the page.
    await writeFile(join(settings, 'notification.jupyterlab-settings'), JSON.stringify({ fetchNews: 'false' }));
    for (const folder of [this.folder, join(this.home, 'config'), join(this.home, 'run')])
      await mkdir(folder, { recursive: true });
  }

  private async launch(environment: Record<string, string>): Promise<void> {
    const root = repositoryRoot();
    const python = join(root, '.venv/bin/python');
    if (!existsSync(python)) throw new Error('There is no .venv with JupyterLab: npm start makes it.');
    for (let attempt = 1; ; attempt++) {
      const [port] = await freePorts(1);
      this.url = `http://127.0.0.1:${port}`;
      const settings = {
        'ServerApp.ip': '127.0.0.1',
        'ServerApp.port': port,
        'ServerApp.port_retries': 0,
        'ServerApp.root_dir': this.folder,
        'ServerApp.allow_root': 'True',
        'ServerApp.open_browser': 'False',
        'LabApp.expose_app_in_browser': 'True',
        'LabApp.workspaces_dir': join(this.home, 'workspaces'),
        'LabApp.user_settings_dir': join(this.home, 'settings'),
        'LabApp.news_url': 'None',
      };
      const log = join(this.home, 'server.log');
      this.server = new ServerProcess(
        python,
        ['-m', 'jupyterlab', ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`)],
        log,
        {
          cwd: this.folder,
          environment: {
            JUPYTER_TOKEN: this.token,
            JUPYTER_DATA_DIR: join(this.home, 'data'),
            // Before those that are installed in the environment.
            JUPYTER_PATH: join(this.home, 'data'),
            JUPYTER_CONFIG_DIR: join(this.home, 'config'),
            JUPYTER_RUNTIME_DIR: join(this.home, 'run'),
            IPYTHONDIR: join(this.home, 'ipython'),
            PYTHONPATH: join(root, 'extension/ipython'),
            ...environment,
          },
        },
      );
      for (const deadline = Date.now() + 60_000; this.server.alive && Date.now() < deadline;) {
        if (
          await this.request('status').then(
            () => true,
            () => false,
          )
        )
          return;
        await sleep(100);
      }
      if (attempt === 3) throw new Error(`JupyterLab did not come up:\n${this.server.logTail()}`);
      await this.server.stop();
    }
  }
}
