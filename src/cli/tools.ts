import { services } from "../layer.ts"
import { configured } from "./Configuration.ts"

/** Tracker, runner and the rest as the settings want them, without a journal: for commands that dispatch nothing. */
export const layer = configured(({ settings }, surroundings) => services(settings, surroundings))
