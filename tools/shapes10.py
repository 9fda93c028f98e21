#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the shapes10 data set: labelled 32x32 RGB images of ten geometric shapes.

Everything is drawn from a seed, so the set needs no download and carries no licence but this
project's own. Each image holds one shape of random size, place, tilt and colour on a shaded
background, with clutter lines and pixel noise on top. `square` and `diamond`, `plus` and `cross`,
and the two triangles differ by orientation alone.

Output: the CIFAR-10 binary layout, a record per image of 1 label byte followed by 3072 pixel
bytes (1024 red, 1024 green, 1024 blue, each row-major), so any CIFAR-10 reader opens it.

  shapes10.py --seed 1 --count 1000 --out shapes10_test.bin
"""
import argparse

import numpy as np

CLASSES = ["circle", "ring", "square", "diamond", "triangle_up", "triangle_down", "star", "plus",
           "cross", "crescent"]
SIZE = 32
SUPER = 3  # samples per pixel and axis, averaged: smooth edges


def _polygon(u, v, angles, radii):
    """Inside test for a star-shaped polygon given by its corner angles (radians, rising) and radii."""
    inside = np.zeros(u.shape, bool)
    x, y = radii * np.cos(angles), radii * np.sin(angles)
    for i in range(len(angles)):
        x0, y0, x1, y1 = x[i - 1], y[i - 1], x[i], y[i]
        crosses = (y0 > v) != (y1 > v)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= crosses & (u < (x1 - x0) * (v - y0) / (y1 - y0) + x0)
    return inside


def _mask(name, u, v):
    """True inside the named shape; u to the right and v downwards, the shape about one unit wide."""
    r = np.hypot(u, v)
    if name == "circle":
        return r < 0.9
    if name == "ring":
        return (r < 1.0) & (r > 0.55)
    if name == "square":
        return np.maximum(abs(u), abs(v)) < 0.78
    if name == "diamond":
        return abs(u) + abs(v) < 1.1
    if name in ("triangle_up", "triangle_down"):
        top = -np.pi / 2 if name == "triangle_up" else np.pi / 2
        return _polygon(u, v, top + 2 * np.pi / 3 * np.arange(3), np.full(3, 1.1))
    if name == "star":
        return _polygon(u, v, -np.pi / 2 + np.pi / 5 * np.arange(10), np.tile([1.15, 0.45], 5))
    if name == "plus":
        return (np.minimum(abs(u), abs(v)) < 0.3) & (np.maximum(abs(u), abs(v)) < 1.0)
    if name == "cross":
        return _mask("plus", (u + v) / np.sqrt(2), (u - v) / np.sqrt(2))
    return (r < 1.0) & (np.hypot(u - 0.45, v) > 0.8)  # crescent


def draw(rng, label):
    """One image, uint8 [32, 32, 3], of class `label`."""
    grid = (np.arange(SIZE * SUPER) + 0.5) / SUPER
    px, py = np.meshgrid(grid, grid)
    centre = rng.uniform(12, 20, 2)
    radius = rng.uniform(6.0, 10.5)
    tilt = np.deg2rad(rng.uniform(-14, 14))
    u, v = (px - centre[0]) / radius, (py - centre[1]) / radius
    u, v = np.cos(tilt) * u + np.sin(tilt) * v, -np.sin(tilt) * u + np.cos(tilt) * v
    cover = _mask(CLASSES[label], u, v).reshape(SIZE, SUPER, SIZE, SUPER).mean((1, 3))[..., None]

    back = rng.uniform(0.1, 0.9, 3)
    fore = rng.uniform(0.0, 1.0, 3)
    while np.abs(fore - back).sum() < 0.7:
        fore = rng.uniform(0.0, 1.0, 3)
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE - 0.5
    shade = (rng.normal(0, 0.25) * x + rng.normal(0, 0.25) * y)[..., None]
    image = (back + shade) * (1 - cover) + (fore - 0.5 * shade) * cover

    for _ in range(rng.integers(0, 3)):  # clutter: thin lines across the picture
        normal = rng.uniform(0, np.pi)
        distance = np.abs(np.cos(normal) * (x - rng.uniform(-0.4, 0.4)) + np.sin(normal) * (y - rng.uniform(-0.4, 0.4)))
        line = np.clip(1.2 - distance * SIZE, 0, 1)[..., None] * rng.uniform(0.4, 0.9)
        image = image * (1 - line) + rng.uniform(0, 1, 3) * line
    image += rng.normal(0, rng.uniform(0.02, 0.06), image.shape)
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


def generate(seed, count):
    """`count` images, uint8 [count, 32, 32, 3], and labels, uint8 [count], classes in turn."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % len(CLASSES)).astype(np.uint8)
    return np.stack([draw(rng, int(label)) for label in labels]), labels


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--out", required=True, help="file to write, CIFAR-10 binary layout")
    arguments = parser.parse_args()
    images, labels = generate(arguments.seed, arguments.count)
    records = np.concatenate([labels[:, None], images.transpose(0, 3, 1, 2).reshape(len(labels), -1)], 1)
    records.astype(np.uint8).tofile(arguments.out)


if __name__ == "__main__":
    main()
