namespace ActorDcp.Host.Bench;

/// <summary>This program, to be started again as a process of its own.</summary>
internal static class HostProgram
{
    /// <summary>Starts a verb of it.</summary>
    public static ChildProcess Start(params IEnumerable<string> arguments)
    {
        var assembly = typeof(HostProgram).Assembly;
        var running = Environment.ProcessPath ?? throw new InvalidOperationException("the platform does not tell what program this process runs");
        // "actordcp" or "ActorDcp.Host" itself; else what runs assemblies, or a test that uses this one
        if (Path.GetFileNameWithoutExtension(running) == assembly.GetName().Name)
            return ChildProcess.Start(running, arguments);
        var runner = Path.GetFileNameWithoutExtension(running) == "dotnet" ? running : "dotnet";
        return ChildProcess.Start(runner, [assembly.Location, .. arguments]);
    }
}
