using System.Reflection;

namespace ActorDcp.Benchmarks.Cost;

/// <summary>The executable that is measured.</summary>
internal static class HostProgram
{
    /// <summary>The one built with this benchmark, in the same configuration.</summary>
    /// <exception cref="FileNotFoundException">It was not built.</exception>
    public static string Find()
    {
        var output = new DirectoryInfo(Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location)!);
        var configuration = output.Parent!.Name;
        for (var folder = output; folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "ActorDcp.sln")))
                continue;
            var program = Path.Combine(folder.FullName, "src", "ActorDcp.Host", "bin", configuration, output.Name, "ActorDcp.Host.dll");
            return File.Exists(program) ? program : throw new FileNotFoundException($"build src/ActorDcp.Host with -c {configuration} first, or name it with --host", program);
        }
        throw new FileNotFoundException("the repository was not found: name the program with --host");
    }
}
