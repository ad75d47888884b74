#!/usr/bin/env node
import { execute, load } from "./start/codeCache.ts"

const directory = import.meta.dirname
execute(directory, load(directory))
