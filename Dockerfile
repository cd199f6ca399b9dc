# docker build -t kverify . && docker run --rm -v "$PWD:/work:ro" kverify check deploy/
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY grammar grammar
COPY specs specs
COPY kverify kverify
RUN python -m venv /opt/kverify \
    && /opt/kverify/bin/pip install --no-cache-dir --disable-pip-version-check . \
    && /opt/kverify/bin/pip uninstall --yes --quiet pip

FROM python:3.12-slim
COPY --from=build /opt/kverify /opt/kverify
# What is checked is mounted, perhaps for reading only, so no results are kept.
ENV PATH=/opt/kverify/bin:$PATH PYTHONDONTWRITEBYTECODE=1 KVERIFY_NO_CACHE=1
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["kverify"]
CMD ["--help"]
