/* ink draws bars as PNG and measures how far words are apart. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 2, MAX_BARS = 366, MAX_HEIGHT = 512 };

/* distance is the number of letters to change, add or drop to get from a to b. */
static PyObject *distance(PyObject *self, PyObject *args)
{
    const char *a, *b;
    Py_ssize_t na, nb;
    (void)self;
    if (!PyArg_ParseTuple(args, "s#s#", &a, &na, &b, &nb))
        return NULL;
    size_t *row = malloc(((size_t)nb + 1) * sizeof *row);
    if (row == NULL)
        return PyErr_NoMemory();
    for (Py_ssize_t j = 0; j <= nb; j++)
        row[j] = (size_t)j;
    for (Py_ssize_t i = 1; i <= na; i++) {
        size_t corner = row[0];
        row[0] = (size_t)i;
        for (Py_ssize_t j = 1; j <= nb; j++) {
            size_t cost = corner + (a[i - 1] != b[j - 1]);
            corner = row[j];
            if (row[j] + 1 < cost)
                cost = row[j] + 1;
            if (row[j - 1] + 1 < cost)
                cost = row[j - 1] + 1;
            row[j] = cost;
        }
    }
    size_t result = row[nb];
    free(row);
    return PyLong_FromSize_t(result);
}

static void fill(unsigned char *pixels, int width, int x0, int x1, int y0, int y1, const unsigned char colour[3])
{
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            memcpy(pixels + 3 * ((size_t)y * (size_t)width + (size_t)x), colour, 3);
}

static PyObject *encode(const unsigned char *pixels, int width, int height)
{
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = (png_uint_32)width;
    image.height = (png_uint_32)height;
    image.format = PNG_FORMAT_RGB;
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    PyObject *out = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (out == NULL)
        return NULL;
    if (!png_image_write_to_memory(&image, PyBytes_AS_STRING(out), &size, 0, pixels, 0, NULL)) {
        Py_DECREF(out);
        return PyErr_Format(PyExc_RuntimeError, "libpng: %s", image.message);
    }
    _PyBytes_Resize(&out, (Py_ssize_t)size);
    return out;
}

/* bars draws one bar for each value, the highest as high as the picture. */
static PyObject *bars(PyObject *self, PyObject *args)
{
    static const unsigned char leaf[3] = {0x3b, 0x7a, 0x57}, paper[3] = {0xfb, 0xf7, 0xee};
    PyObject *list;
    int wide, height;
    long highest = 1, values[MAX_BARS];
    (void)self;
    if (!PyArg_ParseTuple(args, "O!ii", &PyList_Type, &list, &wide, &height))
        return NULL;
    Py_ssize_t n = PyList_GET_SIZE(list);
    if (n < 1 || n > MAX_BARS || wide < 1 || wide > 64 || height < 1 || height > MAX_HEIGHT)
        return PyErr_Format(PyExc_ValueError, "bars: nothing to draw, or too much");
    for (Py_ssize_t i = 0; i < n; i++) {
        values[i] = PyLong_AsLong(PyList_GET_ITEM(list, i));
        if (values[i] == -1 && PyErr_Occurred())
            return NULL;
        if (values[i] < 0)
            return PyErr_Format(PyExc_ValueError, "bars: value %zd is negative", i);
        if (values[i] > highest)
            highest = values[i];
    }
    int width = (int)n * (wide + GAP) - GAP;
    unsigned char *pixels = malloc(3 * (size_t)width * (size_t)height);
    if (pixels == NULL)
        return PyErr_NoMemory();
    fill(pixels, width, 0, width, 0, height, paper);
    for (Py_ssize_t i = 0; i < n; i++) {
        int x = (int)i * (wide + GAP), top = height - (int)(values[i] * height / highest);
        fill(pixels, width, x, x + wide, top, height, leaf);
    }
    PyObject *png = encode(pixels, width, height);
    free(pixels);
    return png;
}

static PyMethodDef methods[] = {
    {"distance", distance, METH_VARARGS, "distance(a, b): edits between two words"},
    {"bars", bars, METH_VARARGS, "bars(values, width, height): a PNG with one bar for each value"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "ink", "Bars and distances.", -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_ink(void)
{
    return PyModule_Create(&module);
}
