using System.CommandLine;
using ActorDcp.Client;
using ActorDcp.Group;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting;
using ActorDcp.Hosting.Runtime;
using ActorDcp.Persistence;
using Microsoft.Extensions.Options;

namespace ActorDcp.Host.Serve;

/// <summary>One cluster member, until it is told to stop.</summary>
internal sealed class ServeVerb : Verb
{
    private readonly Option<string?> _config = OptionOf.Text("--config", "configuration file to read besides appsettings.json");

    public ServeVerb()
        : base(
            "serve",
            "Runs one cluster member. Configured by appsettings.json, ActorDcp__Key__Sub in the environment, or --ActorDcp:Key:Sub VALUE.",
            "actordcp serve --ActorDcp:Group orders --ActorDcp:Connection couchbase://127.0.0.1 --ActorDcp:Bucket travel --ActorDcp:User reader --ActorDcp:PasswordFile /run/secrets/couchbase")
    {
        Options.Add(_config);
        TreatUnmatchedTokensAsErrors = false;
    }

    /// <inheritdoc/>
    /// <remarks>Keys of the section are checked by the options' validator; the words after them are their values.</remarks>
    public override bool Accepts(string unmatched) =>
        unmatched.StartsWith("--ActorDcp:", StringComparison.OrdinalIgnoreCase)
        || unmatched.StartsWith("--Logging:", StringComparison.OrdinalIgnoreCase)
        || !unmatched.StartsWith('-');

    public override async Task<int> RunAsync(ParseResult arguments, Terminal terminal, ShutdownSignals signals)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [.. arguments.UnmatchedTokens] });
        if (arguments.GetValue(_config) is { } file)
            AddFile(builder.Configuration, file, [.. arguments.UnmatchedTokens]);
        builder.Logging.ClearProviders();
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Akka", LogLevel.Warning);
        // why the member can never run is this verb's last line
        builder.Logging.AddFilter("ActorDcp.Hosting.ActorDcpRuntime", level => level < LogLevel.Critical);
        // a probe that finds the member unready is no error of ours, and comes every few seconds
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddActorDcp(builder.Configuration.GetSection(ActorDcpOptions.SectionName));

        var app = builder.Build();
        await using (app.ConfigureAwait(false))
        {
            var http = app.Services.GetRequiredService<IOptions<ActorDcpOptions>>().Value.Http;
            app.Urls.Add(new UriBuilder("http", http.Host, http.Port).Uri.GetLeftPart(UriPartial.Authority));
            app.MapActorDcp();
            await StartAsync(app, http, signals.Stopping).ConfigureAwait(false);
            try
            {
                var member = app.Services.GetRequiredService<MemberState>();
                await member.WhenRunning.WaitAsync(signals.Stopping).ConfigureAwait(false);
                terminal.Fact(new ReadyLine(Http: new Uri(app.Urls.First()).Port, Cluster: member.ClusterPort).ToString());
                await WaitAsync(signals.Stopping, app.Lifetime.ApplicationStopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (signals.Stopping.IsCancellationRequested)
            {
                // told to stop before it ran
            }
            catch (Exception e) when (e is KvConfigurationException or GroupConflictException or PersistenceConfigurationException)
            {
                throw new FailureException(e.Message, e);
            }
            finally
            {
                await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        return ExitCode.Done;
    }

    private static async Task StartAsync(WebApplication app, HttpOptions http, CancellationToken stopping)
    {
        try
        {
            await app.StartAsync(stopping).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new FailureException($"the HTTP calls cannot listen on {http.Host}:{http.Port} ({e.Message}): set ActorDcp:Http:Port to a free port, or 0", e);
        }
    }

    private static void AddFile(ConfigurationManager configuration, string file, string[] args)
    {
        if (!File.Exists(file))
            throw new UsageException($"--config \"{file}\" does not exist: name a JSON file");
        configuration.AddJsonFile(Path.GetFullPath(file), optional: false);
        // what was said later and nearer wins
        configuration.AddEnvironmentVariables();
        configuration.AddCommandLine(args);
    }

    private static async Task WaitAsync(CancellationToken stopping, CancellationToken ending)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, ending);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (either.Token.Register(() => stopped.TrySetResult()).ConfigureAwait(false))
            await stopped.Task.ConfigureAwait(false);
    }
}
