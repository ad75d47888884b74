import { kill } from "../machine/WorldMachine.ts"
import { STEPS, type Fault, type Hurt } from "./cells.ts"
import type { Held } from "./wire.ts"

const MINUTE = 60_000

/** Longer than the fence of these hosts, which their time limits make: about two minutes. */
export const BEYOND_FENCE = 10 * MINUTE

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
  { name: "kill -9", strike: killed, strikes: { when: "before", steps: STEPS } },
  {
    name: "kill -9, clock 10 min ahead",
    strike: killed,
    jump: 10 * MINUTE,
    strikes: { when: "after", steps: STEPS.filter((_, at) => at % 2 === 0) }
  },
  {
    name: "kill -9, clock 10 min behind",
    strike: killed,
    jump: -10 * MINUTE,
    strikes: { when: "after", steps: STEPS.filter((_, at) => at % 2 === 1) }
  },
  {
    name: "SIGSTOP beyond the fence, then SIGCONT",
    strike: async (hurt) => {
      const held = await frozen(hurt)
      await hurt.fleet.timePasses(BEYOND_FENCE)
      return held
    },
    mend: thawed,
    strikes: { when: "after", steps: STEPS }
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
    evicts: true,
    // `frozenWatcher.ts` plays a job that runs already.
    strikes: { when: "after", steps: ["Intended", "Claimed", "Prompted", "Starting"] }
  },
  {
    // Its fence holds, so only its epoch tells that it may go no further.
    name: "SIGSTOP, eviction and admission, then SIGCONT",
    strike: async (hurt) => {
      const held = await frozen(hurt)
      await hurt.fleet.evict(hurt.host)
      await hurt.fleet.admit(hurt.host)
      return held
    },
    mend: thawed,
    says: /was evicted after this process began, and admitted again/,
    strikes: { when: "after", steps: ["Claimed", "Starting"] }
  },
  {
    name: "power cut and eviction",
    strike: async ({ fleet, host }) => {
      host.powerCut()
      await fleet.evict(host)
      await fleet.timePasses(BEYOND_FENCE)
      return "is lost"
    },
    evicts: true,
    strikes: { when: "before", steps: ["Claimed", "Launching", "Acknowledged", "Settled"] }
  }
]

/** Hosts that have a database and a file system in common, and no network. */
export const networkFaults: ReadonlyArray<Fault> = [
  {
    name: "kill -9, networks of their own",
    strike: killed,
    ownNetworks: true,
    strikes: { when: "before", steps: ["Claimed", "Acknowledged"] }
  }
]

/** What happens to a host's connections. */
export const connectionFaults: ReadonlyArray<Fault> = [
  {
    name: "pg_terminate_backend",
    strike: async ({ fleet, host }) => {
      await fleet.terminate(host)
      return "is lost"
    },
    strikes: { when: "after", steps: STEPS }
  },
  {
    name: "the wire swallows bytes",
    answersWithin: 5_000,
    strike: ({ host }) => {
      host.wire.isSilent(true)
      return Promise.resolve("goes on")
    },
    mend: ({ host }) => {
      host.wire.isSilent(false)
      return Promise.resolve()
    },
    strikes: { when: "before", steps: STEPS }
  }
]

/** What happens to the database, for all hosts at once. */
export const serverFaults: ReadonlyArray<Fault> = [
  {
    name: "the database restarts",
    strike: async ({ fleet }) => {
      await fleet.restart()
      return "is lost"
    },
    strikes: { when: "after", steps: STEPS }
  }
]
