import { kill } from "../machine/WorldMachine.ts"
import type { Fault, Hurt } from "./cells.ts"
import type { Held } from "./wire.ts"

const MINUTE = 60_000

/** Longer than the fence of these hosts, which their time limits make: about two minutes. */
const BEYOND_FENCE = 10 * MINUTE

const killed = ({ pid }: Hurt): Promise<Held> => {
  kill(pid)
  return Promise.resolve("is lost")
}

const frozen = ({ pid }: Hurt): Promise<Held> => {
  kill(pid, "SIGSTOP")
  return Promise.resolve("goes on")
}

const thawed = ({ pid }: Hurt): Promise<void> => {
  kill(pid, "SIGCONT")
  return Promise.resolve()
}

/** What happens to a host, its processes or its clock. */
export const hostFaults: ReadonlyArray<Fault> = [
  { name: "kill -9", strike: killed },
  { name: "kill -9, clock 10 min ahead", strike: killed, jump: 10 * MINUTE },
  { name: "kill -9, clock 10 min behind", strike: killed, jump: -10 * MINUTE },
  {
    name: "SIGSTOP beyond the fence, then SIGCONT",
    strike: async (hurt) => {
      const held = await frozen(hurt)
      await hurt.fleet.timePasses(BEYOND_FENCE)
      return held
    },
    mend: thawed
  },
  {
    name: "SIGSTOP beyond the fence and eviction, then SIGCONT",
    strike: async (hurt) => {
      const held = await frozen(hurt)
      await hurt.fleet.evict(hurt.host)
      await hurt.fleet.timePasses(BEYOND_FENCE)
      return held
    },
    mend: thawed,
    evicts: true
  },
  {
    name: "power cut and eviction",
    strike: async ({ fleet, host }) => {
      host.powerCut()
      host.isDead = true
      await fleet.evict(host)
      await fleet.timePasses(BEYOND_FENCE)
      return "is lost"
    },
    evicts: true
  }
]

/** What happens to the database, or to a host's way to it. */
export const databaseFaults: ReadonlyArray<Fault> = [
  {
    name: "pg_terminate_backend",
    strike: async ({ fleet, host }) => {
      await fleet.terminate(host)
      return "is lost"
    }
  },
  {
    name: "the wire swallows bytes",
    strike: ({ host }) => {
      host.wire.isSilent(true)
      return Promise.resolve("goes on")
    },
    mend: ({ host }) => {
      host.wire.isSilent(false)
      return Promise.resolve()
    }
  },
  {
    name: "the database restarts",
    strike: async ({ fleet }) => {
      await fleet.restart()
      return "is lost"
    }
  }
]
