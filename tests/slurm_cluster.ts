/**
 * A Slurm of one node for tests, in a folder of its own: `deno run -A tests/slurm_cluster.ts start|stop|running|queue|kill|node|fill|free FOLDER [JOB|NAME]`. It needs
 * `slurm-wlm` and `munge` of Debian, and to be root. A process of its own, so that tests need no permission to start programs.
 */
import { join } from "node:path";
import { exists } from "../lib/core/files.ts";
import { hostname } from "node:os";

/** Programs that must be installed. */
export const PROGRAMS = ["munged", "slurmctld", "slurmd"].map((name) => `/usr/sbin/${name}`);

/** The cores that the node says it has: two, so that two tasks run at a time. */
const CORES = 2;

function configure(folder: string): void {
  const at = (name: string) => join(folder, name);
  for (const name of ["state", "spool"]) Deno.mkdirSync(at(name), { recursive: true });
  Deno.writeFileSync(at("munge.key"), crypto.getRandomValues(new Uint8Array(1024)), {
    mode: 0o400,
  });
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const host = hostname();
  Deno.writeTextFileSync(
    at("slurm.conf"),
    `ClusterName=test
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${port}
SlurmdPort=${port + 1}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${at("munge.socket")}
StateSaveLocation=${at("state")}
SlurmdSpoolDir=${at("spool")}
SlurmctldPidFile=${at("slurmctld.pid")}
SlurmdPidFile=${at("slurmd.pid")}
SlurmctldLogFile=${at("slurmctld.log")}
SlurmdLogFile=${at("slurmd.log")}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmdTimeout=10
MinJobAge=300
SchedulerParameters=sched_interval=1
NodeName=${host} NodeAddr=127.0.0.1 CPUs=${CORES} RealMemory=1000
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`,
  );
}

async function run(folder: string, program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    env: { SLURM_CONF: join(folder, "slurm.conf") },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")}: ${text(stderr)}${text(stdout)}`);
  return text(stdout);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await holds().catch(() => false)) return;
    await new Promise((go) => setTimeout(go, 100));
  }
  throw new Error("the cluster did not do in a minute what was waited for");
}

const isIdle = async (folder: string) =>
  /^(idle|mixed|allocated)\s*$/.test(await run(folder, "sinfo", "--noheader", "--format=%T"));

function pidOf(folder: string, name: string): number | undefined {
  try {
    return Number(Deno.readTextFileSync(join(folder, `${name}.pid`)));
  } catch {
    return undefined;
  }
}

function end(folder: string, name: string, signal: Deno.Signal): void {
  const pid = pidOf(folder, name);
  try {
    if (pid) Deno.kill(pid, signal);
  } catch {
    // it has ended
  }
}

/** Processes whose environment names a job, but the shepherd of Slurm's own. */
function processesOf(job: string): number[] {
  return [...Deno.readDirSync("/proc")].flatMap(({ name }) => {
    try {
      const read = (file: string) => Deno.readTextFileSync(`/proc/${name}/${file}`);
      const isOurs = /^\d+$/.test(name) &&
        read("environ").split("\0").includes(`SLURM_JOB_ID=${job}`);
      return isOurs && !read("comm").startsWith("slurmstepd") ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

/** Size of a disk that everything fits on. */
const ROOMY = "size=256m";

/** Folders that are disks of their own. */
function disksIn(folder: string): string[] {
  return Deno.readTextFileSync("/proc/mounts").split("\n").map((line) => line.split(" ")[1])
    .filter((path) => path?.startsWith(`${folder}/`));
}

const actions: Record<string, (folder: string, job: string) => Promise<void>> = {
  /** Makes a folder on a small disk of its own, called `NAME:SIZE`, such as `results:16k`. */
  async fill(folder, disk) {
    const [name, size] = disk.split(":");
    Deno.mkdirSync(join(folder, name), { recursive: true });
    await run(folder, "mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", join(folder, name));
  },
  /** Makes room on it. */
  async free(folder, name) {
    await run(folder, "mount", "-o", `remount,${ROOMY}`, join(folder, name));
  },
  /** Prints the numbers of the tasks that run. */
  async running(folder) {
    // deno-lint-ignore no-console
    console.log(await run(folder, "squeue", "--noheader", "--states=RUNNING", "--format=%A"));
  },
  async start(folder) {
    configure(folder);
    const at = (name: string) => join(folder, name);
    await run(
      folder,
      "/usr/sbin/munged",
      "--force",
      `--socket=${at("munge.socket")}`,
      `--key-file=${at("munge.key")}`,
      `--pid-file=${at("munged.pid")}`,
      `--log-file=${at("munged.log")}`,
      `--seed-file=${at("munge.seed")}`,
    );
    await run(folder, "/usr/sbin/slurmctld");
    await run(folder, "/usr/sbin/slurmd");
    await until(() => isIdle(folder));
  },
  /** Prints the numbers of the jobs that were not cancelled and have not ended. */
  async queue(folder) {
    const states = "--states=PENDING,RUNNING,SUSPENDED";
    // deno-lint-ignore no-console
    console.log(await run(folder, "squeue", "--noheader", states, "--format=%A"));
  },
  /** Kills the node's daemon and starts it again. */
  async node(folder) {
    end(folder, "slurmd", "SIGKILL");
    await new Promise((go) => setTimeout(go, 2000));
    await run(folder, "/usr/sbin/slurmd");
    await until(() => isIdle(folder));
  },
  // deno-lint-ignore require-await
  async kill(_, job) {
    for (const pid of processesOf(job)) Deno.kill(pid, "SIGKILL");
  },
  async stop(folder) {
    await run(folder, "scancel", "--user=root").catch(() => {});
    const daemons = ["slurmd", "slurmctld", "munged"];
    const pids = daemons.map((name) => pidOf(folder, name)).filter((pid) => pid !== undefined);
    for (const name of daemons) end(folder, name, "SIGTERM");
    // they write to the folder once more before they end
    await until(() => Promise.resolve(pids.every((pid) => !exists(`/proc/${pid}`))));
    for (const path of disksIn(folder)) await run(folder, "umount", "--lazy", path);
  },
};

if (import.meta.main) {
  const [action, folder, job = ""] = Deno.args;
  await actions[action](folder, job);
}
