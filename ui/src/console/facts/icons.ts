// An icon for each section; always beside its name.
import AppWindow from '@lucide/svelte/icons/app-window';
import BatteryMedium from '@lucide/svelte/icons/battery-medium';
import Bug from '@lucide/svelte/icons/bug';
import Cpu from '@lucide/svelte/icons/cpu';
import HardDrive from '@lucide/svelte/icons/hard-drive';
import Languages from '@lucide/svelte/icons/languages';
import Laptop from '@lucide/svelte/icons/laptop';
import MemoryStick from '@lucide/svelte/icons/memory-stick';
import Monitor from '@lucide/svelte/icons/monitor';
import Network from '@lucide/svelte/icons/network';
import Printer from '@lucide/svelte/icons/printer';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import ServerCrash from '@lucide/svelte/icons/server-crash';
import Settings from '@lucide/svelte/icons/settings-2';
import Shield from '@lucide/svelte/icons/shield';
import UserRound from '@lucide/svelte/icons/user-round';
import Volume2 from '@lucide/svelte/icons/volume-2';
import type { SectionId } from '$shared/protocol';

export const ICONS = {
  device: Laptop,
  system: Settings,
  processor: Cpu,
  memory: MemoryStick,
  disks: HardDrive,
  network: Network,
  power: BatteryMedium,
  displays: Monitor,
  printers: Printer,
  media: Volume2,
  programs: AppWindow,
  services: ServerCrash,
  log: ScrollText,
  crashes: Bug,
  security: Shield,
  locale: Languages,
  user: UserRound,
} as const satisfies Record<SectionId, unknown>;
