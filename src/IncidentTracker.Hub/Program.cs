using IncidentTracker.Access;
using IncidentTracker.Alerts;
using IncidentTracker.Data;
using IncidentTracker.Delivery;
using IncidentTracker.Incidents;
using IncidentTracker.Replies;
using IncidentTracker.Rpc;
using IncidentTracker.Scorecards;
using IncidentTracker.Sla;
using IncidentTracker.Tasks;
using IncidentTracker.Updates;
using IncidentTracker.Web;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

Starting.ExplainFailures();
if (args is [HolidayCommand.Name, .. var wishes]) return HolidayCommand.Run(wishes, Console.Out, Console.Error, TimeProvider.System);
if (Help.Answers(args)) return 0;

var builder = WebApplication.CreateBuilder(args);
var services = builder.Services;
builder.Configuration.AddDefaults();
if (builder.Configuration["Settings"] is { Length: > 0 } file) builder.Configuration.AddJsonFile(Path.GetFullPath(file)).AddCommandLine(args);

// Settings: a wrong one stops the start.
services.AddOptions<DatabaseOptions>().BindConfiguration("Database").ValidateDataAnnotations().ValidateOnStart();
services.AddOptions<DoorOptions>().BindConfiguration("Doors").ValidateDataAnnotations().ValidateOnStart();
services.AddOptions<IngestOptions>().BindConfiguration("Ingest").ValidateDataAnnotations().ValidateOnStart();
services.AddOptions<WebhookOptions>().BindConfiguration("Webhooks").ValidateDataAnnotations().ValidateOnStart();
services.AddOptions<MailOptions>().BindConfiguration("Mail").ValidateDataAnnotations().ValidateOnStart();
services.AddOptions<ContactOptions>().BindConfiguration("Contacts").ValidateDataAnnotations().ValidateOnStart();
services.AddOptions<SlaOptions>().BindConfiguration("Sla").ValidateDataAnnotations().ValidateOnStart();
services.AddOptions<DevelopmentOptions>().BindConfiguration("Development").ValidateDataAnnotations().ValidateOnStart();
services.AddSingleton<IValidateOptions<DoorOptions>, LoopbackOnly>();
services.AddSingleton<IValidateOptions<DoorOptions>, MailNeedsSite>();

// Memory: upgraded before the doors open.
services.AddSingleton(sp => Engine.For(sp.GetRequiredService<IOptions<DatabaseOptions>>().Value));
services.AddDbContextFactory<HubDb>((sp, options) => sp.GetRequiredService<Engine>().Configure(options));
services.AddHostedService<SchemaUpgrade>();
services.AddHostedService<DatabaseWatch>();

// Work.
services.AddSingleton(sp => StoryClock.For(sp.GetRequiredService<IOptions<DevelopmentOptions>>().Value) ?? new DatabaseClock(TimeProvider.System));
services.AddSingleton<Register>().AddHostedService(sp => sp.GetRequiredService<Register>());
services.AddSingleton<Addresses>();
services.AddSingleton<SlaBooks>().AddHostedService(sp => sp.GetRequiredService<SlaBooks>());
services.AddSingleton<Pulse>().AddHostedService(sp => sp.GetRequiredService<Pulse>());
services.AddSingleton<Ingest>().AddHostedService(sp => sp.GetRequiredService<Ingest>());
services.AddSingleton<SweepWatch>().AddHostedService(sp => sp.GetRequiredService<SweepWatch>());
services.AddSingleton<Sweeper>().AddHostedService(sp => sp.GetRequiredService<Sweeper>());
services.AddSingleton<Reporting>();
services.AddSingleton<UpdateStreams>();
services.AddSingleton<OpenIncident>();
services.AddSingleton<CaseReader>();
services.AddSingleton<OwedWords>();
services.AddSingleton<CaseViews>();
services.AddSingleton<PublicViews>();
services.AddSingleton<CaseAccess>();
services.AddSingleton<Chases>();
services.AddSingleton<Retelling>();
services.AddSingleton<ClockBoard>();
services.AddSingleton<CaseWalk>();
services.AddSingleton<PartyScores>();
services.AddSingleton<WhatIfs>();
services.AddSingleton<Rebuilding>();
services.AddSingleton<ChangeFeed>();
services.AddSingleton<Sight>();
services.AddSingleton<EventStreams>().AddHostedService(sp => sp.GetRequiredService<EventStreams>());
services.AddSingleton<CaseStream>();
services.AddSingleton<TaskViews>();
services.AddSingleton<TaskList>();
services.AddSingleton<DutyBoard>().AddHostedService(sp => sp.GetRequiredService<DutyBoard>());

// Telling others, and hearing back.
services.AddSingleton<ReplyLinks>();
services.AddSingleton<Replying>();
services.AddSingleton<ReplyViews>();
services.AddSingleton<AlertMails>();
services.AddSingleton<StandingAlerts>();
services.AddSingleton<SilentLines>();
services.AddSingleton<Storms>();
services.AddSingleton<AlertLoop>().AddHostedService(sp => sp.GetRequiredService<AlertLoop>());
services.AddHostedService<Contacts>();
services.AddSingleton<AllowedAddresses>();
services.AddSingleton<Egress>();
services.AddSingleton<Postman>();
services.AddSingleton<Unsubscribing>();
services.AddSingleton<Mailer>();
services.AddSingleton<DeliveryMeter>().AddHostedService(sp => sp.GetRequiredService<DeliveryMeter>());
services.AddSingleton<Unreachable>();
services.AddSingleton<DeliveryResults>();
services.AddSingleton<DeliveryLoop>().AddHostedService(sp => sp.GetRequiredService<DeliveryLoop>());
services.AddSingleton<FanOut>().AddHostedService<FanOutLoop>();
services.AddSingleton<Purge>().AddHostedService(sp => sp.GetRequiredService<Purge>());

// Doors.
builder.WebHost.ConfigureKestrel((context, kestrel) => kestrel.ListenOnDoors());
services.AddHardenedGrpc(configure: grpc => grpc.Interceptors.Add<RefusalInterceptor>());
services.AddPages();
services.AddRest();
services.AddDataProtection().SetApplicationName("IncidentTracker");
services.AddSingleton<IConfigureOptions<KeyManagementOptions>, ConfigureProtection>();
services.AddSingleton<CustomerLinks>();

var app = builder.Build();
if (args is [Rebuilding.Name, ..]) return await Rebuilding.RunAsync(app.Services, Console.Out);

app.UseRest();
app.UseRouting();
app.UseHardenedGrpc();

app.MapRest();
app.MapIncidents();
app.MapLedger();
app.MapClocks();
app.MapAppeals();
app.MapScorecards();
app.MapWhatIf();
app.MapPages();
app.MapEventStreams();
app.MapTrack();
app.MapWebhooks();
app.MapEvents();
app.MapUnsubscribing();
app.MapReplies();
app.MapGrpcService<PartnerUpdateService>();
app.MapGrpcService<PartnerIncidentService>();
app.MapGrpcService<PartnerTaskService>();
app.MapHardenedGrpc();

await app.RunAsync();
return 0;

/// <summary>The hub. Public, so that tests can start it.</summary>
public partial class Program;
