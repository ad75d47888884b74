import { spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import { holderOf, type Stage, type World } from "../../judge/stage.ts"
import { isAlive } from "../../machine/processes.ts"
import { kill, type WorldMachine } from "../../machine/WorldMachine.ts"

const REBOOT = "a reboot"
const REUSED = "a reused process number"

const OTHER_BOOT = "00000000-0000-4000-8000-000000000000"

/** Changes the texts of the local runner's records of processes. */
const editRecords = (machine: WorldMachine, change: (text: string) => string): void => {
  const files = fs
    .readdirSync(machine.at("state"), { recursive: true })
    .map((name) => machine.at(`state/${String(name)}`))
  for (const file of files.filter((name) => name.endsWith("/process.json"))) {
    fs.writeFileSync(file, change(fs.readFileSync(file, "utf8")))
  }
}

const thisBoot = (): string => fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()

/** As if the records were from before the last boot. Nothing of that time runs any more. */
const reboot = async (stage: Stage, machine: WorldMachine): Promise<void> => {
  machine.powerCut()
  await stage.expectSoon("an agent survived the power cut", () => machine.running().length === 0)
  editRecords(machine, (text) => text.replaceAll(thisBoot(), OTHER_BOOT))
}

/** Runs `use` beside a process of somebody else, which must survive it. `alone`: only its group has its first number. */
const besideStranger = async (
  stage: Stage,
  use: (group: number) => Promise<void>,
  { alone = false } = {}
): Promise<void> => {
  const script = alone ? "sleep 60 & echo $!" : "echo $$; exec sleep 60"
  const leader = spawn("sh", ["-c", script], { detached: true, stdio: ["ignore", "pipe", "ignore"], cwd: "/", env: {} })
  const [line] = await once(leader.stdout, "data")
  const stranger = Number(String(line))
  if (alone && leader.exitCode === null) await once(leader, "exit")
  try {
    await use(leader.pid ?? 0)
    stage.expect("a process of somebody else was ended", isAlive(stranger))
  } finally {
    kill(stranger)
  }
}

const cell = (
  world: string,
  rule: string,
  play: (stage: Stage, machine: WorldMachine) => Promise<void>,
  runner: "dx" | "local" = "local"
): World => ({ world, rule: `${rule} (${runner})`, play: (stage) => play(stage, stage.machine({ runner })) })

const overrun = { later: 60_000, env: { NIGHTLY_DISPATCH_LIMITS_MAX_RUNTIME: "1 s" } }

export const rebootWorlds: ReadonlyArray<World> = [
  ...(["dx", "local"] as const).map((runner) =>
    cell(
      REBOOT,
      "a job of the time before is over, and its bug is free again",
      async (stage, machine) => {
        await stage.run(machine)
        await reboot(stage, machine)
        await stage.run(machine, {}, [0, 3])
        await stage.run(machine, { later: 300_000 })
        // To dx-runner the job has failed, and a bug whose job failed waits before it is tried again.
        await stage.settled(machine, runner === "local" ? ["bd-1"] : machine.running())
      },
      runner
    )
  ),
  cell(
    REBOOT,
    "a stranger with the number of a supervisor of the time before is left alone",
    async (stage, machine) => {
      await stage.run(machine)
      await reboot(stage, machine)
      await besideStranger(stage, async (group) => {
        editRecords(machine, (text) => text.replace(/"pid":\s*\d+/, `"pid":${group}`))
        await stage.run(machine, overrun, [0, 3])
      })
    }
  ),
  ...[false, true].map((alone) =>
    cell(
      REUSED,
      `a stranger ${alone ? "whose group has" : "with"} a supervisor's number is left alone`,
      async (stage, machine) => {
        await stage.run(machine)
        machine.powerCut()
        await besideStranger(
          stage,
          async (group) => {
            editRecords(machine, (text) => text.replace(/"pid":\s*\d+/, `"pid":${group}`))
            await stage.run(machine, overrun, [0, 3])
            await stage.run(machine, { later: 300_000 }, [0, 3])
          },
          { alone }
        )
      }
    )
  ),
  cell(
    REUSED,
    "a stranger with the number in dx-runner's pid file is left alone",
    async (stage, machine) => {
      await stage.run(machine)
      machine.powerCut()
      await besideStranger(stage, async (group) => {
        const file = machine.at("dx/opencode/bd-1.pid")
        fs.writeFileSync(file, `${group}\n`)
        // The file is older than the process: it was written before.
        fs.utimesSync(file, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000))
        await stage.run(machine, overrun, [0, 3])
      })
      stage.expect("bd-1's claim is still held", holderOf(machine, "bd-1") === "" || machine.running().length === 1)
    },
    "dx"
  )
]
