// What has changed about a computer since an earlier ticket of it: often the cause. Pure.
import type { Facts, SectionId } from '$shared/protocol';

/** A value that differs. */
export interface FactChange {
  readonly section: SectionId;
  /** The field, for its label (`fact-` + name). */
  readonly field: string;
  /** `undefined`: there was none. */
  readonly before: unknown;
  readonly after: unknown;
}

type Data<K extends SectionId> = Extract<NonNullable<Facts[K]>, { state: 'collected' }>['data'];

/** Fields that stay the same on a computer that nobody changed. Loads, free space and times are left out: they always move. */
const WATCHED: { readonly [K in SectionId]?: (data: Data<K>) => Readonly<Record<string, unknown>> } = {
  device: ({ host_name, maker, model, serial, firmware }) => ({ host_name, maker, model, serial, firmware }),
  system: ({ name, build, kernel, time_zone, desktop, session_type }) => ({
    name,
    build,
    kernel,
    time_zone,
    desktop,
    session_type,
  }),
  processor: ({ model, threads }) => ({ model, threads }),
  memory: ({ total_bytes }) => ({ total_bytes }),
  disks: ({ volumes, drives }) => ({
    volumes: volumes.map((volume) => volume.mount).toSorted(),
    drives: drives.map((drive) => drive.model ?? drive.name).toSorted(),
  }),
  network: (network) => ({
    connectivity: network.connectivity,
    gateways: network.gateways.map((gateway) => gateway.target).toSorted(),
    name_servers: network.name_servers.map((server) => server.target).toSorted(),
    proxy: network.proxy,
    vpn_up: network.vpn_up,
    wifi: network.interfaces.flatMap((one) => (one.wifi === null ? [] : [one.wifi.name])).toSorted(),
  }),
  displays: ({ displays }) => ({
    displays: displays.map((display) => display.model ?? display.name).toSorted(),
  }),
  printers: ({ printers }) => ({
    printers: printers.map((printer) => printer.name).toSorted(),
    default: printers.find((printer) => printer.default)?.name ?? null,
  }),
  media: ({ sound, cameras }) => ({ sound: sound.toSorted(), cameras: cameras.toSorted() }),
  security: ({ disk_encrypted, firewall_on, firewall, secure_boot, antivirus }) => ({
    disk_encrypted,
    firewall_on,
    firewall,
    secure_boot,
    antivirus,
  }),
  locale: ({ language, formats, keyboards }) => ({ language, formats, keyboards }),
  user: ({ login, domain, groups, administrator }) => ({
    login,
    domain,
    groups: groups.toSorted(),
    administrator,
  }),
};

function watched(facts: Facts, id: SectionId): Readonly<Record<string, unknown>> | undefined {
  const section = facts[id];
  const pick = WATCHED[id] as ((data: unknown) => Readonly<Record<string, unknown>>) | undefined;
  return section?.state === 'collected' ? pick?.(section.data) : undefined;
}

/** The differences, section by section. A section that is missing or failed on either side says nothing. */
export function changesBetween(before: Facts, after: Facts): readonly FactChange[] {
  return (Object.keys(WATCHED) as SectionId[]).flatMap((section) => {
    const old = watched(before, section);
    const now = watched(after, section);
    if (old === undefined || now === undefined) return [];
    return Object.keys(now).flatMap((field) =>
      JSON.stringify(old[field] ?? null) === JSON.stringify(now[field] ?? null)
        ? []
        : [{ section, field, before: old[field] ?? undefined, after: now[field] ?? undefined }],
    );
  });
}
