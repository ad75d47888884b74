import { Effect } from "effect"
import { WrongUsage } from "../exit.ts"
import type { FileStarter, Starter } from "./units.ts"

/** What a person does instead. */
const INSTEAD: Readonly<Record<FileStarter, string>> = {
  systemd:
    "it changes only your crontab. An old unit goes out of service by: systemctl --user disable --now OLD.timer, " +
    "and comes back by: systemctl --user enable --now OLD.timer",
  launchd:
    "it changes only your crontab. An old agent goes out of service by: launchctl bootout gui/$(id -u)/LABEL, " +
    "and comes back by: launchctl bootstrap gui/$(id -u) FILE"
}

/** Fails if an option that only a crontab has was given for another starter. */
export const requireCrontab = (option: string, isGiven: boolean, starter: Starter): Effect.Effect<void, WrongUsage> =>
  isGiven && starter !== "cron"
    ? new WrongUsage({ where: `${option} --for ${starter}`, what: INSTEAD[starter] })
    : Effect.void
