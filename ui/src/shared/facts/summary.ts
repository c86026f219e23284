// One line for each section, so that a list of sections can be read without opening any.
import type { Facts, SectionId } from '../protocol';
import { locale, t } from '../texts/texts.svelte';
import * as format from '../format';

/** The id of a section as the texts write it. */
export function textId<K extends SectionId>(section: K): `section-${K}` {
  // No section's name has an underscore; if one ever gets one, this stops compiling where the text is looked up.
  return `section-${section}`;
}

type Data<K extends keyof Facts> = Extract<NonNullable<Facts[K]>, { state: 'collected' }>['data'];

const LINES: { [K in SectionId]: (data: Data<K>) => string } = {
  device: (device) =>
    t('summary-device', { what: joined(device.maker, device.model) || (device.host_name ?? '–') }),
  system: (system) => t('summary-system', { what: system.name }),
  processor: (processor) =>
    processor.busy_percent === null
      ? t('summary-processor-idle', { threads: processor.threads })
      : t('summary-processor', {
          threads: processor.threads,
          busy: format.percent(locale(), processor.busy_percent),
        }),
  memory: (memory) =>
    t('summary-memory', {
      free: format.bytes(locale(), memory.available_bytes),
      total: format.bytes(locale(), memory.total_bytes),
    }),
  disks: (disks) => {
    const tightest = disks.volumes
      .filter((volume) => volume.total_bytes > 0)
      .toSorted((a, b) => a.free_bytes / a.total_bytes - b.free_bytes / b.total_bytes)[0];
    if (!tightest) return t('summary-missing');
    return t('summary-disks', { free: format.bytes(locale(), tightest.free_bytes), mount: tightest.mount });
  },
  network: (network) => {
    if (network.connectivity === 'portal') return t('summary-network-portal');
    if (network.connectivity === 'limited') return t('summary-network-limited');
    const linked = network.interfaces.some((one) => one.up);
    return linked && network.connectivity !== 'none' ? t('summary-network-ok') : t('summary-network-none');
  },
  power: (power) => {
    const charge = power.batteries[0]?.charge_percent;
    if (charge === undefined || charge === null) {
      return power.on_mains === null ? t('summary-missing') : t('summary-power-mains');
    }
    const said = { charge: format.percent(locale(), charge) };
    return power.on_mains ? t('summary-power-charging', said) : t('summary-power-battery', said);
  },
  displays: (displays) => t('summary-screens', { count: displays.displays.length }),
  printers: ({ printers }) =>
    t('summary-printers', {
      count: printers.length,
      stopped: printers.filter((printer) => printer.state === 'stopped').length,
    }),
  media: (media) => t('summary-media', { sound: media.sound.length, cameras: media.cameras.length }),
  programs: (programs) => t('summary-programs', { count: programs.running }),
  services: (services) => t('summary-services', { count: services.failed.length }),
  log: (log) => t('summary-log', { count: log.lines.length }),
  crashes: ({ crashes }) => t('summary-crashes', { count: crashes.length }),
  security: (security) =>
    security.security_updates_pending
      ? t('summary-security-updates', { count: security.security_updates_pending })
      : t('summary-security-ok'),
  locale: (locale) => t('summary-locale', { what: locale.language ?? locale.formats ?? '–' }),
  user: (user) => t('summary-user', { what: user.display_name ?? user.login }),
};

/** What a section says, in one line. */
export function summary(section: SectionId, facts: Facts): string {
  const found = facts[section];
  if (!found) return t('summary-missing');
  if (found.state === 'failed') return t('summary-failed');
  // The table's type pairs each section with its data; TypeScript cannot follow the pair through an index.
  return (LINES[section] as (data: unknown) => string)(found.data);
}

function joined(...parts: (string | null)[]): string {
  return parts.filter(Boolean).join(' ');
}
