/** A chart of time, drawn by uPlot into a canvas; the same figures stand in a table for whoever cannot see it. */

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

export interface Line {
  label: string;
  /** Name of the colour in the style's tokens. */
  color: "base" | "compute" | "text";
  values: (number | null)[];
}

export interface ChartProps {
  /** Unix seconds, ascending. */
  times: number[];
  /** Drawn one over the other, the first at the back. */
  lines: Line[];
  /** How a value is told at the axis. */
  format: (value: number) => string;
  /** What the chart shows, in a sentence. */
  summary: string;
  /** Which point the pointer is at. */
  onPoint: (index: number | null) => void;
}

const HEIGHT = 240;
const FONT = "12px system-ui, sans-serif";
/** Room beside the plot, and what a letter beyond its first few takes of it. */
const BESIDE = 64;
const LETTER = 7;

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** How a moment is told below the chart: as finely as the chart is short. In UTC, as everywhere. */
function clock(times: number[]): (unix: number) => string {
  const seconds = (times[times.length - 1] ?? 0) - (times[0] ?? 0);
  const minutes = { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "UTC" } as const;
  const shown = new Intl.DateTimeFormat(
    "en",
    seconds > 2 * 86_400
      ? { month: "short", day: "numeric", timeZone: "UTC" }
      : seconds < 600 ? { ...minutes, second: "2-digit" } : minutes,
  );
  return (unix) => shown.format(unix * 1000);
}

function options(props: ChartProps, width: number): uPlot.Options {
  const axis = { stroke: token("muted"), font: FONT, ticks: { show: false }, grid: { stroke: token("line"), width: 1 } };
  return {
    width,
    height: HEIGHT,
    // Room for the half of the last label that stands out.
    padding: [8, 32, 0, 0],
    tzDate: (unix) => uPlot.tzDate(new Date(unix * 1000), "UTC"),
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [
      { ...axis, grid: { show: false }, space: 90, values: (_, splits) => splits.map(clock(props.times)) },
      { ...axis, size: (_, told) => Math.max(BESIDE, ...(told ?? []).map((text) => (text.length + 1) * LETTER)), values: (_, splits) => splits.map(props.format) },
    ],
    series: [
      {},
      ...props.lines.map((line) => ({
        label: line.label,
        stroke: token(line.color),
        fill: token(`${line.color}-fill`),
        width: 1.5,
        points: { show: props.times.length < 24, size: 5, fill: token(line.color) },
        spanGaps: false,
      })),
    ],
    hooks: { setCursor: [(plot) => props.onPoint(plot.cursor.idx ?? null)] },
  };
}

export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shape = `${props.lines.map((line) => line.label).join()}${props.times.length < 24}`;
  const data: uPlot.AlignedData = [props.times, ...props.lines.map((line) => line.values)];
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    plot.current = new uPlot(options(props, element.clientWidth), data, element);
    const resize = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      plot.current?.destroy();
    };
    // New lines need another plot; new values, below, only their drawing.
  }, [shape]);
  useEffect(() => plot.current?.setData(data), [props.times, props.lines]);
  return <div class="chart" role="img" aria-label={props.summary} ref={place} />;
}
