# Images of the gateway (the default, target `gateway`) and of the sample application (target
# `sample`). What is installed stands in scripts/lib/packages.txt, as for every other build.

FROM debian:12 AS build
WORKDIR /src
COPY scripts/install-packages scripts/
COPY scripts/lib scripts/lib
RUN scripts/install-packages build && rm -rf /var/lib/apt/lists/*
COPY . .
RUN cmake --preset release && cmake --build --preset release \
    && cmake --install build/release --prefix /opt/entity-sync --component runtime --strip

FROM debian:12-slim AS runtime
COPY scripts/install-packages /tmp/packages/scripts/
COPY scripts/lib /tmp/packages/scripts/lib
RUN /tmp/packages/scripts/install-packages runtime \
    && rm -rf /var/lib/apt/lists/* /tmp/packages \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin entity-sync
COPY deploy/http-ok /usr/local/bin/http-ok
USER entity-sync
STOPSIGNAL SIGTERM

FROM runtime AS sample
USER root
RUN install -d -o entity-sync -g entity-sync /var/lib/entity-sync
USER entity-sync
COPY --from=build /opt/entity-sync/bin/entity-sync-sample /usr/local/bin/
EXPOSE 8090 9090
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s \
    CMD ["http-ok", "127.0.0.1", "8090", "/healthz"]
ENTRYPOINT ["entity-sync-sample"]
CMD ["--http-listen=0.0.0.0:8090", "--service-listen=0.0.0.0:9090", "--database=/var/lib/entity-sync/sample.db"]

FROM runtime AS gateway
COPY --from=build /opt/entity-sync/bin/entity-sync-gateway /usr/local/bin/
EXPOSE 8080 8081 8082
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s \
    CMD ["http-ok", "127.0.0.1", "8082", "/healthz"]
ENTRYPOINT ["entity-sync-gateway"]
