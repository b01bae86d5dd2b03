# The hub in a container:  docker build -t incidenttracker .
# docker-compose.yml runs it with PostgreSQL. By itself it keeps a SQLite file in /data, which wants a volume:
#   docker run -p 127.0.0.1:5080:5080 -p 127.0.0.1:5081:5081 -v incidenttracker:/data incidenttracker

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY protos ./protos
COPY src ./src
RUN dotnet restore src/IncidentTracker.Hub --locked-mode
RUN dotnet publish src/IncidentTracker.Hub --configuration Release --no-restore --output /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app ./
# The user the base image brings along: it may write to /data and nowhere else.
RUN mkdir /data && chown $APP_UID /data
USER $APP_UID
# Inside a container others can reach every address, so development keys are refused here.
ENV ASPNETCORE_HTTP_PORTS= \
    Doors__Web=http://0.0.0.0:5080 \
    Doors__Grpc=http://0.0.0.0:5081 \
    Database__Engine=Sqlite \
    Database__Connection="Data Source=/data/hub.db"
EXPOSE 5080 5081
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/5080 && printf 'GET /healthz/ready HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == *' 200'* ]]"]
ENTRYPOINT ["dotnet", "IncidentTracker.Hub.dll"]
