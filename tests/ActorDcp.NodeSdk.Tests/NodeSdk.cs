using System.Diagnostics;

namespace ActorDcp.NodeSdk.Tests;

/// <summary>The official Couchbase Node.js SDK, installed from npm into a cache folder, and sessions of it.</summary>
internal static class NodeSdk
{
    private static readonly TimeSpan LongestInstall = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan LongestSession = TimeSpan.FromMinutes(4);

    private static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Session", name);

    /// <summary>Installs the SDK unless that was done before.</summary>
    /// <returns>The folder.</returns>
    /// <exception cref="InvalidOperationException">Something is missing; the text says what.</exception>
    public static async Task<string> InstallAsync() => (await RunAsync("bash", LongestInstall, Script("install"))).Trim();

    /// <summary>Runs a session.</summary>
    /// <param name="connection">Where to.</param>
    /// <param name="operations">How many operations the workers do, beside those before and after.</param>
    /// <param name="state">File that the expected state is written to.</param>
    /// <returns>What it printed: how many operations of each kind it did.</returns>
    /// <exception cref="InvalidOperationException">An answer was not what it must be; the text says which.</exception>
    public static async Task<string> RunSessionAsync(string connection, int operations, string state) => await RunAsync(
        "node", LongestSession, Script("session.mjs"), await InstallAsync(), connection, "Administrator", "password", "default",
        operations.ToString(System.Globalization.CultureInfo.InvariantCulture), "1", state);

    private static async Task<string> RunAsync(string program, TimeSpan longest, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var deadline = new CancellationTokenSource(longest);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{program} {arguments[0]} did not end within {longest}: {await error}");
        }
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"{program} {Path.GetFileName(arguments[0])} ended with {process.ExitCode}: {await error}");
    }
}
