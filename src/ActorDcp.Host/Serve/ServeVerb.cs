using System.CommandLine;
using System.Net.Sockets;
using ActorDcp.Client;
using ActorDcp.Group;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting;
using ActorDcp.Hosting.Runtime;
using ActorDcp.Persistence;
using ActorDcp.VBuckets.State;
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
    // Akka.Remote may dial an address twice just after it quarantined it. While the network is parted both wait for an answer, and were
    // both answered, what is sent on one would be lost and the member that returned be removed again. So it listens only when they were
    // given up: connection-timeout of hocon/cluster.conf, and some time for the others to have decided later.
    private static readonly TimeSpan RejoinsAfter = TimeSpan.FromSeconds(3);

    public override bool Accepts(string unmatched) =>
        unmatched.StartsWith("--ActorDcp:", StringComparison.OrdinalIgnoreCase)
        || unmatched.StartsWith("--Logging:", StringComparison.OrdinalIgnoreCase)
        || !unmatched.StartsWith('-');

    public override async Task<int> RunAsync(ParseResult arguments, Terminal terminal, ShutdownSignals signals)
    {
        var retries = RetrySchedule.ForStreams with { First = RejoinsAfter };
        var run = new MemberRun([.. arguments.UnmatchedTokens], arguments.GetValue(_config), Rejoins: false, IsReady: false);
        while (await RunMemberAsync(run, terminal, signals).ConfigureAwait(false) is { } next)
        {
            run = next;
            try
            {
                await Task.Delay(RetrySchedule.Fail(ref retries, TimeProvider.System.GetUtcNow()), signals.Stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        return ExitCode.Done;
    }

    /// <summary>One life of the member. Returns the next, when the cluster removed it and it shall rejoin.</summary>
    private static async Task<MemberRun?> RunMemberAsync(MemberRun run, Terminal terminal, ShutdownSignals signals)
    {
        var app = Build(run);
        await using (app.ConfigureAwait(false))
        {
            var options = app.Services.GetRequiredService<IOptions<ActorDcpOptions>>().Value;
            var member = app.Services.GetRequiredService<MemberState>();
            member.Rejoins = run.Rejoins;
            app.Urls.Add(new UriBuilder("http", options.Http.Host, options.Http.Port).Uri.GetLeftPart(UriPartial.Authority));
            Map(app, options.Cluster);
            var http = 0;
            try
            {
                await StartAsync(app, options.Http, signals.Stopping).ConfigureAwait(false);
                http = new Uri(app.Urls.First()).Port;
                using var ending = CancellationTokenSource.CreateLinkedTokenSource(signals.Stopping, app.Lifetime.ApplicationStopping);
                await member.WhenRunning.WaitAsync(ending.Token).ConfigureAwait(false);
                if (!run.IsReady)
                    terminal.Fact(new ReadyLine(Http: http, Cluster: member.ClusterPort).ToString());
                run = run with { IsReady = true };
                await WaitAsync(ending.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (signals.Stopping.IsCancellationRequested || app.Lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // told to stop, or removed, before it ran
            }
            catch (Exception e) when (ReferenceEquals(e, member.Refusal))
            {
                // told below
            }
            finally
            {
                await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
            }
            // a refusal stops the application, which may be seen first, even while it starts
            if (member.Refusal is { } refusal)
                throw new FailureException(refusal.Message, refusal);
            if (!signals.Stopping.IsCancellationRequested)
                return After(member, options, run, http, terminal);
            return member.Group?.Leaving is { Unfinished: var unfinished and > 0 } ? throw Unfinished(unfinished) : null;
        }
    }

    private static FailureException Unfinished(int vbuckets) => new(
        $"ended without finishing or saving {vbuckets} vbuckets: what their handlers did since the last checkpoint may be delivered again; the log above says why");

    private static MemberRun? After(MemberState member, ActorDcpOptions options, MemberRun run, int http, Terminal terminal)
    {
        if (!member.WasRemoved)
            throw new FailureException("the member's actor system ended by itself; the log above says why");
        if (options.Cluster.WhenRemoved == RemovedMemberAction.Exit)
            throw new FailureException("this member was removed from the cluster: start it again when the reason is gone, or set ActorDcp:Cluster:WhenRemoved to rejoin");
        terminal.Log("this member was removed from the cluster and rejoins");
        return run.Again(http, member.ClusterPort ?? 0);
    }

    private static WebApplication Build(MemberRun run)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = run.Words });
        if (run.File is { } file)
            AddFile(builder.Configuration, file, run.Words);
        builder.Logging.ClearProviders();
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Akka", LogLevel.Warning);
        // why the member can never run is this verb's last line
        builder.Logging.AddFilter("ActorDcp.Hosting.ActorDcpRuntime", level => level < LogLevel.Critical);
        // that the start was broken off is thrown too
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        // a probe that finds the member unready is no error of ours, and comes every few seconds
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSingleton<IHostLifetime, SignalsElsewhere>();
        // for HTTP calls under way; the actor system takes the time that hocon/cluster.conf gives it
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Services.AddActorDcp(builder.Configuration.GetSection(ActorDcpOptions.SectionName));
        return builder.Build();
    }

    /// <summary>The calls ask the actor system, which is made here and listens at once.</summary>
    private static void Map(WebApplication app, ClusterOptions cluster)
    {
        try
        {
            app.MapActorDcp();
        }
        catch (AggregateException e) when (e.GetBaseException().GetBaseException() is SocketException taken)
        {
            var (host, port) = (cluster.BindHost ?? cluster.Host, cluster.BindPort == 0 ? cluster.Port : cluster.BindPort);
            throw new FailureException($"the member cannot listen on {host}:{port} for the others ({taken.Message}): set ActorDcp:Cluster:Port (or BindPort, BindHost) to what is free and of this machine", e);
        }
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

    private static async Task WaitAsync(CancellationToken ending)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (ending.Register(() => stopped.TrySetResult()).ConfigureAwait(false))
            await stopped.Task.ConfigureAwait(false);
    }
}
